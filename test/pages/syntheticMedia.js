// A synthetic camera and microphone that a test can recognise in a recording: a grey picture with a hum, and at every
// full second of one clock a white flash with a beep, 150 ms long.
(() => {
  const FLASH_SECONDS = 0.15;
  const FRAMES_PER_SECOND = 30;
  const HUM = 0.1;
  const BEEP = 0.8;
  const SCHEDULED_SECONDS = 120;

  const NOISE_PIXELS = 256;
  const NOISE_STRENGTH = 0.15;

  let context;
  let microphone;

  const isFlash = () => context.currentTime % 1 < FLASH_SECONDS;

  /** A moving bar, so that no two frames are equal and every frame is encoded. */
  const paint = (canvas, count) => {
    const brush = canvas.getContext("2d");
    brush.fillStyle = isFlash() ? "#fff" : "#666";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.fillStyle = "#888";
    brush.fillRect((count * 8) % canvas.width, canvas.height - 8, 8, 8);
  };

  /** Uses all available bitrate, but is not so complex that the browser reduces the resolution. */
  const paintNoise = (canvas) => {
    const brush = canvas.getContext("2d");
    brush.globalAlpha = 1;
    brush.fillStyle = "#666";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.globalAlpha = NOISE_STRENGTH;
    const at = () => -Math.floor(Math.random() * NOISE_PIXELS);
    for (let x = at(); x < canvas.width; x += NOISE_PIXELS)
      for (let y = at(); y < canvas.height; y += NOISE_PIXELS) brush.drawImage(noise, x, y);
  };

  const makeNoise = () => {
    const canvas = new OffscreenCanvas(NOISE_PIXELS, NOISE_PIXELS);
    const brush = canvas.getContext("2d");
    const pixels = brush.createImageData(NOISE_PIXELS, NOISE_PIXELS);
    for (let index = 0; index < pixels.data.length; index += 1) pixels.data[index] = Math.random() * 256;
    brush.putImageData(pixels, 0, 0);
    return canvas;
  };

  const camera = ({ busy, ...size }) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, size);
    let count = 0;
    const next = () => (busy ? paintNoise(canvas) : paint(canvas, count++));
    next();
    setInterval(next, 1000 / FRAMES_PER_SECOND);
    const [track] = canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks();
    return Object.assign(track, { resize: (to) => Object.assign(canvas, to) });
  };

  const openMicrophone = (leftOnly) => {
    const volume = new GainNode(context, { gain: HUM });
    for (let at = Math.ceil(context.currentTime); at < SCHEDULED_SECONDS; at += 1) {
      volume.gain.setValueAtTime(BEEP, at);
      volume.gain.setValueAtTime(HUM, at + FLASH_SECONDS);
    }
    const tone = new OscillatorNode(context, { frequency: 440 });
    const ears = new ChannelMergerNode(context, { numberOfInputs: 2 });
    tone.connect(volume).connect(ears, 0, 0);
    if (!leftOnly) volume.connect(ears, 0, 1);
    tone.start();
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 2 });
    ears.connect(out);
    return out.stream.getAudioTracks()[0];
  };

  const noise = makeNoise();

  window.syntheticMedia = {
    /** `video` is a size; `leftOnly` plays sound on the left channel only. */
    async open({ video, audio, leftOnly = false }) {
      context = new AudioContext({ sampleRate: 48_000 });
      await context.resume();
      if (audio) microphone = openMicrophone(leftOnly);
      return new MediaStream([...(video ? [camera(video)] : []), ...(audio ? [microphone.clone()] : [])]);
    },
    camera,
    microphone() {
      microphone ??= openMicrophone(false);
      return microphone.clone();
    },
  };
})();

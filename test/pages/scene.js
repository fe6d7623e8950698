// A camera and a microphone whose pictures and sounds a test can tell apart afterwards: a grey picture with a hum, and
// at every full second of one clock a white flash with a beep, 150 ms long.
(() => {
  const FLASH_SECONDS = 0.15;
  const FRAMES_PER_SECOND = 25;
  const HUM = 0.1;
  const BEEP = 0.8;
  const SCHEDULED_SECONDS = 120;

  let context;
  let microphone;

  const isFlash = () => context.currentTime % 1 < FLASH_SECONDS;

  /** A moving bar besides, so that no two frames are the same and every one is encoded. */
  const paint = (canvas, count) => {
    const brush = canvas.getContext("2d");
    brush.fillStyle = isFlash() ? "#fff" : "#666";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.fillStyle = "#888";
    brush.fillRect((count * 8) % canvas.width, canvas.height - 8, 8, 8);
  };

  const camera = (size) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, size);
    let count = 0;
    paint(canvas, count++);
    setInterval(() => paint(canvas, count++), 1000 / FRAMES_PER_SECOND);
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

  window.scene = {
    /** `video` is a size; `leftOnly` sounds from one side. */
    async open({ video, audio, leftOnly = false }) {
      context = new AudioContext({ sampleRate: 48_000 });
      await context.resume();
      if (audio) microphone = openMicrophone(leftOnly);
      return new MediaStream([...(video ? [camera(video)] : []), ...(audio ? [microphone.clone()] : [])]);
    },
    camera,
    microphone: () => microphone.clone(),
  };
})();

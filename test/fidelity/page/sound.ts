import { BEEP_HERTZ, FLASH_SECONDS } from "../pattern.ts";

const LOUDNESS = 0.5;

export interface Sound {
  readonly track: MediaStreamTrack;
  /** @param atMs unix milliseconds, in the near future. */
  beepAt(atMs: number): void;
}

/** Silence with beeps in it. */
export async function makeSound(): Promise<Sound> {
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const destination = context.createMediaStreamDestination();
  destination.channelCount = 1;
  const volume = new GainNode(context, { gain: LOUDNESS });
  volume.connect(destination);
  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error("the audio graph has no track");
  return {
    track,
    beepAt(atMs) {
      const beep = new OscillatorNode(context, { frequency: BEEP_HERTZ });
      beep.connect(volume);
      const startsAt = context.currentTime + (atMs - (performance.timeOrigin + performance.now())) / 1000;
      beep.start(startsAt);
      beep.stop(startsAt + FLASH_SECONDS);
    },
  };
}

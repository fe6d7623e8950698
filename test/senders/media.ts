import { FRAME_RATE } from "../fidelity/pattern.ts";
import { opusFrames } from "../rtp/samples.ts";
import type { EncodedFrame } from "./numberedVideo.ts";
import { once } from "./once.ts";
import type { Sending } from "./senderCase.ts";
import type { SentTrack, TrackSettings } from "./sentTrack.ts";

export const VIDEO_CLOCK = 90_000;
export const SOUND_CLOCK = 48_000;
export const FRAME_MS = 1000 / FRAME_RATE;
export const SOUND_MS = 20;

const H264_PARAMETERS = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f";

export const OPUS: TrackSettings = { kind: "audio", codec: "opus/48000/2", payloadType: 111, ssrc: 1002 };
export const VP8: TrackSettings = { kind: "video", codec: "VP8", payloadType: 96, ssrc: 1001 };
export const AV1: TrackSettings = { kind: "video", codec: "AV1", payloadType: 45, ssrc: 1001 };
export const H264: TrackSettings = {
  kind: "video",
  codec: "H264",
  payloadType: 102,
  parameters: H264_PARAMETERS,
  ssrc: 1001,
};

/** Pictures at the frame rate, in decoding order. */
export function pictures(track: SentTrack, frames: readonly EncodedFrame[], options: Partial<Timing> = {}): Sending[] {
  const { fromMs = 0, delayMs = 0, timestampOf = (frame) => frame.shownAt } = options;
  return frames.map((frame, index) => ({
    atMs: fromMs + delayMs + index * FRAME_MS,
    send: () =>
      track.frame(
        frame.payloads,
        Math.round((timestampOf(frame, index) + fromMs / FRAME_MS) * (VIDEO_CLOCK / FRAME_RATE)),
      ),
  }));
}

export interface Timing {
  /** When the first frame is sent and shown. */
  fromMs: number;
  /** How much later than shown it is sent, by an encoder that waits for later frames. Default: 0. */
  delayMs: number;
  /** The RTP timestamp, in frames from the first one. Default: when the frame is shown. */
  timestampOf: (frame: EncodedFrame, index: number) => number;
}

/** A continuous tone. */
export function sound(track: SentTrack, packets: readonly Buffer[], fromMs = 0): Sending[] {
  return packets.map((packet, index) => {
    const atMs = fromMs + index * SOUND_MS;
    return { atMs, send: () => track.frame([packet], (atMs * SOUND_CLOCK) / 1000) };
  });
}

/** A sender report each second. @param wrongByMs by how much the sender's wall clock is wrong at this time. */
export function reports(
  track: SentTrack,
  clock: number,
  endMs: number,
  wrongByMs: (atMs: number) => number,
): Sending[] {
  const base = Date.now();
  return Array.from({ length: Math.floor(endMs / 1000) }, (_, index) => {
    const atMs = 500 + index * 1000;
    return { atMs, send: () => track.report(base + atMs + wrongByMs(atMs), (atMs * clock) / 1000) };
  });
}

/** Opus packets of 440 Hz. */
export function tone(packets: number): Promise<Buffer[]> {
  return once(`tone ${packets}`, () => opusFrames(packets));
}

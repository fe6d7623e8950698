import { decodeFrames, decodeSound, packetTimes, SAMPLE_RATE } from "../fidelity/decode.ts";
import { FRAME_RATE } from "../fidelity/pattern.ts";
import { text } from "../fidelity/process.ts";
import { median } from "../fidelity/statistics.ts";

const WINDOW_SAMPLES = SAMPLE_RATE / 50; // 20 ms
/** Level below which a window of the tone is silent; ffmpeg's sine source has an amplitude of 1/8. */
const SILENT_RMS = 0.01;

/** What a file contains of numbered pictures and a continuous tone. */
export interface Judgement {
  /** Length of the file in seconds. */
  seconds: number;
  /** Numbers of the pictures, in the order of the file; undefined for a picture that is ruined. */
  pictures: (number | undefined)[];
  /** The largest distance of a picture from its time (its number divided by the frame rate), in milliseconds. */
  misplacedMs: number;
  /** Frame rate that the file announces. */
  announcedRate: number | undefined;
  soundPackets: number;
  /** Silence between the first and the last sound, in milliseconds. */
  silentMs: number;
  /** Start of the sound minus the time at which picture 0 is shown, in milliseconds. */
  soundAfterPictureMs: number | undefined;
}

/** Decodes all of a file. */
export async function judge(path: string): Promise<Judgement> {
  const { seconds, kinds, announcedRate } = await probe(path);
  const frames = kinds.has("video") ? await decodeFrames(path) : [];
  // The last picture may be repeated: it stands until the end.
  const starts = frames.flatMap(({ counter, seconds: at }, index) =>
    counter === undefined || counter === frames[index - 1]?.counter ? [] : [at - counter / FRAME_RATE],
  );
  const start = starts.length > 0 ? median(starts) : Number.NaN;
  const sound = kinds.has("audio") ? await packetTimes(path, "a:0") : [];
  return {
    seconds,
    pictures: frames.map(({ counter }) => counter),
    misplacedMs: 1000 * Math.max(0, ...starts.map((one) => Math.abs(one - start))),
    announcedRate,
    soundPackets: sound.length,
    silentMs: kinds.has("audio") ? silence(await decodeSound(path)) : 0,
    soundAfterPictureMs: frames.length > 0 && sound[0] !== undefined ? 1000 * (sound[0] - start) : undefined,
  };
}

/** Numbers from..to-1 that are not among the pictures. */
export function missingOf(pictures: Judgement["pictures"], from: number, to: number): number[] {
  const seen = new Set(pictures);
  return Array.from({ length: to - from }, (_, index) => from + index).filter((number) => !seen.has(number));
}

async function probe(path: string) {
  const entries = ["-show_entries", "format=duration:stream=codec_type,r_frame_rate", "-of", "json"];
  const found = JSON.parse(await text("ffprobe", ["-v", "error", ...entries, path])) as {
    format: { duration: string };
    streams: { codec_type: string; r_frame_rate: string }[];
  };
  const [over = 0, under = 1] = (found.streams.find(({ codec_type }) => codec_type === "video")?.r_frame_rate ?? "")
    .split("/")
    .map(Number);
  return {
    seconds: Number(found.format.duration),
    kinds: new Set(found.streams.map(({ codec_type }) => codec_type)),
    announcedRate: over > 0 ? over / under : undefined,
  };
}

function silence(samples: Float32Array): number {
  const loud: number[] = [];
  for (let at = 0; at + WINDOW_SAMPLES <= samples.length; at += WINDOW_SAMPLES) {
    let power = 0;
    for (let index = at; index < at + WINDOW_SAMPLES; index += 1) power += (samples[index] ?? 0) ** 2;
    if (Math.sqrt(power / WINDOW_SAMPLES) > SILENT_RMS) loud.push(at / WINDOW_SAMPLES);
  }
  const windows = loud.length > 0 ? (loud.at(-1) ?? 0) - (loud[0] ?? 0) + 1 : 0;
  return (windows - loud.length) * 20;
}

import { stat } from "node:fs/promises";
import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import type { Kind, RecordingFile } from "./manifest.ts";
import { inspectMatroska } from "./matroska.ts";
import { inspectMp4 } from "./mp4.ts";

const CLOCK_TIME = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/;

/** The used fields of `ffprobe -show_format -show_streams -count_packets -of json`. */
const Probe = z.object({
  format: z.object({ duration: z.coerce.number().positive() }),
  streams: z
    .array(
      z.object({
        codec_type: z.enum(["audio", "video"]),
        codec_name: z.string(),
        width: z.int().optional(),
        height: z.int().optional(),
        nb_read_packets: z.coerce.number().int().positive(),
        /** MP4 only; Matroska has a tag instead. */
        duration: z.coerce.number().positive().optional(),
        tags: z.object({ DURATION: z.string().optional() }).optional(),
      }),
    )
    .min(1),
});
type ProbedStream = z.infer<typeof Probe>["streams"][number];

/**
 * Verifies a recording and returns its properties.
 *
 * @param probed ffprobe's output for the file.
 * @throws RecorderError NOT_VERIFIED, with what is missing.
 */
export async function verify(path: string, name: string, probed: string): Promise<RecordingFile> {
  const { format, streams } = parse(probed);
  await mustBeSeekable(path, name);
  const { size } = await stat(path);
  return { name, bytes: size, durationSeconds: format.duration, streams: streams.map(described) };
}

/**
 * The same for a file with a single track of a recording.
 *
 * @param probed ffprobe's output for the recording with all tracks.
 * @returns undefined if the recording has no such track.
 * @throws RecorderError NOT_VERIFIED, with what is missing.
 */
export async function verifyTrack(
  path: string,
  name: string,
  kind: Kind,
  probed: string,
): Promise<RecordingFile | undefined> {
  const { format, streams } = parse(probed);
  const stream = streams.find(({ codec_type }) => codec_type === kind);
  if (!stream) return undefined;
  await mustBeSeekable(path, name);
  const { size } = await stat(path);
  return { name, bytes: size, durationSeconds: endOf(stream) ?? format.duration, streams: [described(stream)] };
}

/** Ogg, MP3 and WAV are seekable without an index. */
const WITHOUT_INDEX = /\.(opus|mp3|wav)$/;

async function mustBeSeekable(path: string, name: string): Promise<void> {
  if (WITHOUT_INDEX.test(name)) return;
  const { hasDuration, hasIndex } = /\.(mp4|m4a)$/.test(name)
    ? await inspectMp4(path).then((facts) => ({ ...facts, hasIndex: facts.hasIndexInFront }))
    : await inspectMatroska(path).then((facts) => ({ ...facts, hasIndex: facts.hasCues }));
  if (!hasDuration) throw new RecorderError("NOT_VERIFIED", "the file has no duration");
  if (!hasIndex) throw new RecorderError("NOT_VERIFIED", "the file has no index for seeking");
}

function described(stream: ProbedStream): RecordingFile["streams"][number] {
  return {
    kind: stream.codec_type,
    codec: stream.codec_name,
    ...(stream.width !== undefined && { width: stream.width }),
    ...(stream.height !== undefined && { height: stream.height }),
    frames: stream.nb_read_packets,
  };
}

/** When the tracks of a file end, in seconds of the file; empty if the output of ffprobe is invalid. */
export function trackEnds(probed: string): Partial<Record<Kind, number>> {
  try {
    const ends = parse(probed).streams.map((stream) => [stream.codec_type, endOf(stream)] as const);
    return Object.fromEntries(ends.filter(([, end]) => end !== undefined));
  } catch {
    return {};
  }
}

/** When a track ends, in seconds of the file. */
function endOf({ duration, tags }: ProbedStream): number | undefined {
  const [, hours, minutes, seconds] = CLOCK_TIME.exec(tags?.DURATION ?? "") ?? [];
  return seconds === undefined ? duration : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function parse(probed: string): z.infer<typeof Probe> {
  try {
    return Probe.parse(JSON.parse(probed));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RecorderError("NOT_VERIFIED", `the output of ffprobe is invalid: ${reason}`, { cause: error });
  }
}

import { stat } from "node:fs/promises";
import { z } from "zod";
import { RecorderError } from "../errors.ts";
import type { RecordingFile } from "./manifest.ts";
import { inspectMatroska } from "./matroska.ts";

/** `ffprobe -show_format -show_streams -count_packets -of json`, as far as it is read. */
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
      }),
    )
    .min(1),
});

/**
 * What is known of a file that may be shown as a recording.
 *
 * @param probed what ffprobe printed about it.
 * @throws RecorderError NOT_VERIFIED saying what is missing.
 */
export async function verify(path: string, name: string, probed: string): Promise<RecordingFile> {
  const probe = parse(probed);
  const { hasDuration, hasCues } = await inspectMatroska(path);
  if (!hasDuration) throw new RecorderError("NOT_VERIFIED", "it has no duration");
  if (!hasCues) throw new RecorderError("NOT_VERIFIED", "it has no cues");
  const { size } = await stat(path);
  return {
    name,
    bytes: size,
    durationSeconds: probe.format.duration,
    streams: probe.streams.map((stream) => ({
      kind: stream.codec_type,
      codec: stream.codec_name,
      ...(stream.width !== undefined && { width: stream.width }),
      ...(stream.height !== undefined && { height: stream.height }),
      frames: stream.nb_read_packets,
    })),
  };
}

function parse(probed: string): z.infer<typeof Probe> {
  try {
    return Probe.parse(JSON.parse(probed));
  } catch (error) {
    const words = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RecorderError("NOT_VERIFIED", `ffprobe said: ${words}`, { cause: error });
  }
}

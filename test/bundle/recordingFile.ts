import { readFile } from "node:fs/promises";
import { z } from "zod";
import { run, runOrThrow } from "./run.ts";
import { RECORDER_IMAGE } from "./settings.ts";

const seconds = z.coerce.number();
const Probe = z.object({
  format: z.object({ format_name: z.string(), duration: seconds, tags: z.record(z.string(), z.string()).default({}) }),
  streams: z.array(
    z.object({
      codec_type: z.string(),
      codec_name: z.string(),
      width: z.number().optional(),
      height: z.number().optional(),
      nb_read_packets: z.coerce.number().int(),
    }),
  ),
});
const Frames = z.object({
  frames: z.array(z.object({ key_frame: z.number(), pict_type: z.string(), pts_time: seconds })),
});

/** What a file says of itself once all of it was read and decoded. */
export interface Inspection {
  durationSeconds: number;
  /** By lower-case names. */
  tags: Record<string, string>;
  streams: { kind: string; codec: string; width: number | undefined; height: number | undefined; packets: number }[];
  firstFrame: { keyframe: boolean; seconds: number } | undefined;
  /** Index for seeking, in front of the media. */
  hasCuesInFront: boolean;
  /** What the decoders complained of; empty when all of it decodes. */
  decodeErrors: string;
}

/** Reads a recording with the recorder image's own ffmpeg, so that the host needs none. */
export async function inspect(path: string): Promise<Inspection> {
  const [probed, firstFrame, decodeErrors, hasCuesInFront] = await Promise.all([
    probe(path),
    firstVideoFrame(path),
    decode(path),
    cuesInFront(path),
  ]);
  return { ...probed, firstFrame, decodeErrors, hasCuesInFront };
}

async function probe(path: string): Promise<Pick<Inspection, "durationSeconds" | "tags" | "streams">> {
  const text = await ffprobe(path, ["-count_packets", "-show_format", "-show_streams"]);
  const { format, streams } = Probe.parse(JSON.parse(text));
  return {
    durationSeconds: format.duration,
    tags: Object.fromEntries(Object.entries(format.tags).map(([name, value]) => [name.toLowerCase(), value])),
    streams: streams.map(({ codec_type, codec_name, width, height, nb_read_packets }) => ({
      kind: codec_type,
      codec: codec_name,
      width,
      height,
      packets: nb_read_packets,
    })),
  };
}

/** What mkvtoolnix has to say against a WebM or Matroska file: Debian has no other validator for them. */
export async function complaintsAbout(path: string): Promise<string> {
  const { code, stdout } = await run("mkvmerge", ["--output", `${path}.checked`, path]);
  return code === 0 ? "" : stdout;
}

/** Decoded, because a container's keyframe flag is only a claim. */
async function firstVideoFrame(path: string): Promise<Inspection["firstFrame"]> {
  const text = await ffprobe(path, ["-select_streams", "v:0", "-show_frames", "-read_intervals", "%+#1"]);
  const first = Frames.parse(JSON.parse(text)).frames[0];
  return first && { keyframe: first.key_frame === 1 && first.pict_type === "I", seconds: first.pts_time };
}

function decode(path: string): Promise<string> {
  // In the container's own time base: rounded to the average frame rate, frames of a real camera would fall into one.
  const timing = ["-fps_mode", "passthrough", "-enc_time_base:v", "demux"];
  const command = ["ffmpeg", "-v", "error", "-i", "/in/recording", ...timing, "-f", "null", "-"];
  return inRecorderImage(path, ["sh", "-c", `${command.join(" ")} 2>&1`]).then((said) => said.trim());
}

function ffprobe(path: string, what: string[]): Promise<string> {
  return inRecorderImage(path, ["ffprobe", "-v", "error", ...what, "-of", "json", "/in/recording"]);
}

function inRecorderImage(path: string, command: string[]): Promise<string> {
  const mount = ["--volume", `${path}:/in/recording:ro`];
  return runOrThrow("docker", ["run", "--rm", "--network", "none", ...mount, RECORDER_IMAGE, ...command]);
}

/** Matroska element ids (RFC 9559, section 5.1). */
const CUES = Buffer.from("1c53bb6b", "hex");
const CLUSTER = Buffer.from("1f43b675", "hex");

async function cuesInFront(path: string): Promise<boolean> {
  const bytes = await readFile(path);
  const media = bytes.indexOf(CLUSTER);
  // The seek head names the cues by the same id: the element itself is the last mention before the media.
  return media > 0 && bytes.subarray(0, media).lastIndexOf(CUES) > bytes.subarray(0, media).indexOf(CUES);
}

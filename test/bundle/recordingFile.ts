import { readFile } from "node:fs/promises";
import { z } from "zod";
import { run, runOrThrow } from "./run.ts";
import { TRANSCODER_IMAGE } from "./settings.ts";

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
const FrameTimes = z.object({ frames: z.array(z.object({ pts_time: seconds })) });

/** Properties of a file that was read and decoded completely. */
export interface Inspection {
  durationSeconds: number;
  /** Keys are lower-case tag names. */
  tags: Record<string, string>;
  streams: { kind: string; codec: string; width: number | undefined; height: number | undefined; packets: number }[];
  firstFrame: { keyframe: boolean; seconds: number } | undefined;
  /** Whether the index for seeking is in front of the media. */
  hasCuesInFront: boolean;
  /** Errors of the decoders; empty if everything decodes. */
  decodeErrors: string;
}

const FILE = "/in/recording";
const SECTION = "---";
const PROBE = `ffprobe -v error -count_packets -show_format -show_streams -of json ${FILE}`;
/** Decodes the frame, because a container's keyframe flag may be wrong. */
const FIRST_FRAME = `ffprobe -v error -select_streams v:0 -show_frames -read_intervals %+#1 -of json ${FILE}`;
// In the container's own time base: rounding to the average frame rate would merge frames of a real camera.
const TIMING = "-fps_mode passthrough -enc_time_base:v demux";
const DECODE = `ffmpeg -v error -i ${FILE} ${TIMING} -f null - 2>&1`;

/** Reads a recording with the ffmpeg of the transcoder image, so that the host needs none. */
export async function inspect(path: string): Promise<Inspection> {
  // One container for all commands, because starting a container takes longer than the commands.
  const script = `set -e; ${PROBE}; echo ${SECTION}; ${FIRST_FRAME}; echo ${SECTION}; ${DECODE}`;
  const [text, hasCuesInFront] = await Promise.all([inTranscoderImage(path, script), cuesInFront(path)]);
  const [probed = "", firstFrame = "", decodeErrors = ""] = text.split(`${SECTION}\n`);
  return {
    ...readProbe(probed),
    firstFrame: readFirstFrame(firstFrame),
    hasCuesInFront,
    decodeErrors: decodeErrors.trim(),
  };
}

function readProbe(text: string): Pick<Inspection, "durationSeconds" | "tags" | "streams"> {
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

/** Complaints of mkvtoolnix about a WebM or Matroska file; Debian has no other validator for them. */
export async function validateMatroska(path: string): Promise<string> {
  const { code, stdout } = await run("mkvmerge", ["--output", `${path}.checked`, path]);
  return code === 0 ? "" : stdout;
}

/** Presentation times of all decoded frames, in seconds. */
export async function frameTimes(path: string, kind: "audio" | "video"): Promise<number[]> {
  const stream = `-select_streams ${kind.slice(0, 1)}:0`;
  const text = await inTranscoderImage(
    path,
    `ffprobe -v error ${stream} -show_entries frame=pts_time -of json ${FILE}`,
  );
  return FrameTimes.parse(JSON.parse(text)).frames.map(({ pts_time }) => pts_time);
}

/** The width of each decoded frame of video, in order. */
export async function frameWidths(path: string): Promise<number[]> {
  const script = `ffprobe -v error -select_streams v:0 -show_entries frame=width -of csv=p=0 ${FILE}`;
  return (await inTranscoderImage(path, script)).split("\n").filter(Boolean).map(Number);
}

function readFirstFrame(text: string): Inspection["firstFrame"] {
  const first = Frames.parse(JSON.parse(text)).frames[0];
  return first && { keyframe: first.key_frame === 1 && first.pict_type === "I", seconds: first.pts_time };
}

function inTranscoderImage(path: string, script: string): Promise<string> {
  const mount = ["--volume", `${path}:${FILE}:ro`];
  return runOrThrow("docker", ["run", "--rm", "--network", "none", ...mount, TRANSCODER_IMAGE, "sh", "-c", script]);
}

/** Matroska element ids (RFC 9559, section 5.1). */
const CUES = Buffer.from("1c53bb6b", "hex");
const CLUSTER = Buffer.from("1f43b675", "hex");

async function cuesInFront(path: string): Promise<boolean> {
  const bytes = await readFile(path);
  const media = bytes.indexOf(CLUSTER);
  // The seek head contains the same id as the cues. The last occurrence before the media is the element itself.
  return media > 0 && bytes.subarray(0, media).lastIndexOf(CUES) > bytes.subarray(0, media).indexOf(CUES);
}

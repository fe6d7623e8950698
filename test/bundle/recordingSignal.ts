import { runOrThrow } from "./run.ts";
import { TRANSCODER_IMAGE } from "./settings.ts";

/** Brightness and loudness of a recording over time. Times are seconds of the file, as a player plays it. */
export interface Signal {
  frames: { at: number; width: number; height: number; luma: number }[];
  /** Every 10 ms, 0 to 1, per channel. Players play audio without gaps, starting at its first timestamp. */
  sound: { at: number; left: number; right: number }[];
}

const STEP_SECONDS = 0.01;
const SECTION = "---";
const FILE = "/in/recording";

const SIZES = `ffprobe -v error -select_streams v -show_entries frame=pts_time,width,height -of compact=p=0 ${FILE}`;
const LUMA =
  `ffmpeg -v error -i ${FILE} -map 0:v? -fps_mode passthrough -enc_time_base:v demux ` +
  "-vf signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=- -f null -";
const LEVELS =
  `ffmpeg -v error -i ${FILE} -map 0:a? -af aresample=48000,aformat=channel_layouts=stereo,asetnsamples=480,` +
  "astats=metadata=1:reset=1:measure_perchannel=RMS_level:measure_overall=none,ametadata=print:file=- -f null -";
// Of its first packet: ffprobe does not read far enough to know the start of a track that begins late.
const START = `ffprobe -v error -select_streams a -show_entries packet=pts_time -read_intervals %+#1 -of csv=p=0 ${FILE}`;
const HAS_VIDEO = `ffprobe -v error -select_streams v -show_entries stream=index -of csv=p=0 ${FILE} | grep -q .`;
const HAS_AUDIO = `ffprobe -v error -select_streams a -show_entries stream=index -of csv=p=0 ${FILE} | grep -q .`;

/** Decodes a recording with the ffmpeg of the transcoder image. */
export async function readSignal(path: string): Promise<Signal> {
  const script = [
    `if ${HAS_VIDEO}; then ${SIZES}; echo ${SECTION}; ${LUMA}; else echo ${SECTION}; fi; echo ${SECTION}`,
    `if ${HAS_AUDIO}; then ${START}; echo ${SECTION}; ${LEVELS}; else echo ${SECTION}; fi`,
  ].join("\n");
  const mount = ["--volume", `${path}:${FILE}:ro`];
  const text = await runOrThrow("docker", [
    "run",
    "--rm",
    "--network=none",
    ...mount,
    TRANSCODER_IMAGE,
    "sh",
    "-c",
    script,
  ]);
  const [sizes = "", luma = "", start = "", levels = ""] = text.split(`${SECTION}\n`);
  return { frames: framesOf(sizes, luma), sound: soundOf(Number.parseFloat(start), levels) };
}

function framesOf(sizes: string, luma: string): Signal["frames"] {
  const lumas = [...luma.matchAll(/YAVG=([\d.]+)/g)].map(([, value]) => Number(value));
  return [...sizes.matchAll(/pts_time=([\d.]+)\|width=(\d+)\|height=(\d+)/g)].map(([, at, width, height], index) => ({
    at: Number(at),
    width: Number(width),
    height: Number(height),
    luma: lumas[index] ?? Number.NaN,
  }));
}

function soundOf(start: number, levels: string): Signal["sound"] {
  const left = levelsOf(levels, 1);
  const right = levelsOf(levels, 2);
  return left.map((level, index) => ({ at: start + index * STEP_SECONDS, left: level, right: right[index] ?? 0 }));
}

/** RMS in dBFS; "-inf" is silence. */
function levelsOf(text: string, channel: number): number[] {
  const lines = text.matchAll(new RegExp(`astats\\.${channel}\\.RMS_level=(\\S+)`, "g"));
  return [...lines].map(([, decibel]) => 10 ** (Number.parseFloat((decibel ?? "").replace("inf", "Infinity")) / 20));
}

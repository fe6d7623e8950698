import type { Plan } from "./plan.ts";

/** One segment has one keyframe. Players stay about three segments behind. */
const SEGMENT_SECONDS = 1;
/** Segments in the playlist. */
const LISTED_SEGMENTS = 10;
/** Segments that are kept after they leave the playlist, for clients that are still reading them. */
const EXTRA_SEGMENTS = 5;

/** File descriptor of the pipe for the pushed stream. */
export const PUSH_PIPE = 5;

/** Whether there is video. The output `audio` alone needs no video decoders and no encoder. */
export const hasPictures = ({ outputs, pushes }: Pick<Plan, "outputs" | "pushes">): boolean =>
  pushes.length > 0 || outputs.some((output) => output !== "audio");

const PLAYLIST = "index.m3u8";
const MANIFEST = "manifest.mpd";

/** Argument of ffmpeg's tee muxer. Folder names need no escaping: they contain none of its special characters. */
export function outputsOf(
  { outputs, pushes }: Pick<Plan, "outputs" | "pushes">,
  folder: string,
  exists: (path: string) => boolean,
): string {
  const written = { hls: hls(folder, exists(`${folder}/${PLAYLIST}`)), dash: dash(folder) };
  const pushed = pushes.length > 0 ? [option(`pipe:${PUSH_PIPE}`, { f: "mpegts", fflags: "flush_packets" })] : [];
  const shown = outputs.filter((output) => output !== "audio");
  return [...shown.map((output) => written[output]), ...pushed].join("|");
}

/** RFC 8216, fragmented MP4. After an encoder failure, the playlist is continued with a discontinuity. */
function hls(folder: string, isContinued: boolean): string {
  const flags = ["delete_segments", "independent_segments", "program_date_time", "temp_file"];
  if (isContinued) flags.push("append_list", "discont_start");
  return option(`${folder}/${PLAYLIST}`, {
    f: "hls",
    hls_time: SEGMENT_SECONDS,
    hls_list_size: LISTED_SEGMENTS,
    hls_delete_threshold: EXTRA_SEGMENTS,
    hls_segment_type: "fmp4",
    hls_fmp4_init_filename: "init.mp4",
    hls_segment_filename: `${folder}/segment%06d.m4s`,
    hls_flags: flags.join("+"),
  });
}

/** ISO/IEC 23009-1. */
function dash(folder: string): string {
  return option(`${folder}/${MANIFEST}`, {
    f: "dash",
    seg_duration: SEGMENT_SECONDS,
    window_size: LISTED_SEGMENTS,
    extra_window_size: EXTRA_SEGMENTS,
    init_seg_name: "dash-init$RepresentationID$.m4s",
    media_seg_name: "dash$RepresentationID$-$Number%06d$.m4s",
  });
}

function option(path: string, options: Record<string, string | number>): string {
  const pairs = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return `[${pairs.join(":")}]${path}`;
}

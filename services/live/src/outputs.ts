import type { Plan } from "./plan.ts";

/** A segment is a keyframe and what follows it: players stay some three of them behind. */
const SEGMENT_SECONDS = 1;
/** Segments that the playlist names; those before are removed a little later, for who has begun to read them. */
const LISTED_SEGMENTS = 10;
const LINGERING_SEGMENTS = 5;

/** Descriptor of the pipe by which the encoder hands over what is pushed elsewhere. */
export const PUSHED = 5;

/** Whether anything is shown at all: sound alone (audio/) needs neither decoders of pictures nor an encoder. */
export const hasPictures = ({ outputs, pushes }: Pick<Plan, "outputs" | "pushes">): boolean =>
  pushes.length > 0 || outputs.some((output) => output !== "audio");

const PLAYLIST = "index.m3u8";
const MANIFEST = "manifest.mpd";

/** What ffmpeg's tee muxer makes of the stream; a folder's name has none of the characters that it takes for its own. */
export function outputsOf(
  { outputs, pushes }: Pick<Plan, "outputs" | "pushes">,
  folder: string,
  isThere: (path: string) => boolean,
): string {
  const written = { hls: hls(folder, isThere(`${folder}/${PLAYLIST}`)), dash: dash(folder) };
  const pushed = pushes.length > 0 ? [option(`pipe:${PUSHED}`, { f: "mpegts", fflags: "flush_packets" })] : [];
  const shown = outputs.filter((output) => output !== "audio");
  return [...shown.map((output) => written[output]), ...pushed].join("|");
}

/** RFC 8216, fragmented MP4. A stream whose encoder was lost goes on in the same playlist, after a discontinuity. */
function hls(folder: string, goesOn: boolean): string {
  const flags = ["delete_segments", "independent_segments", "program_date_time", "temp_file"];
  if (goesOn) flags.push("append_list", "discont_start");
  return option(`${folder}/${PLAYLIST}`, {
    f: "hls",
    hls_time: SEGMENT_SECONDS,
    hls_list_size: LISTED_SEGMENTS,
    hls_delete_threshold: LINGERING_SEGMENTS,
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
    extra_window_size: LINGERING_SEGMENTS,
    init_seg_name: "dash-init$RepresentationID$.m4s",
    media_seg_name: "dash$RepresentationID$-$Number%06d$.m4s",
  });
}

function option(path: string, options: Record<string, string | number>): string {
  const said = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return `[${said.join(":")}]${path}`;
}

import { runOrThrow } from "./run.ts";
import { RECORDINGS_VOLUME, TRANSCODER_IMAGE } from "./settings.ts";

/** Frames of video and packets of sound. */
export interface FrameCounts {
  video: number;
  audio: number;
}

const LIMIT_MS = 600_000;
/** One line for each stream of each file: its path, kind and number of packets. */
const COUNT = `find /recordings/calls -name '*.webm' | while read -r file; do
  ffprobe -v error -count_packets -show_entries stream=codec_type,nb_read_packets -of csv=p=0 "$file" </dev/null |
    sed "s|^|$file,|"
done`;

/** Frames of video and packets of sound in each recording, by file name. */
export async function framesInFiles(): Promise<ReadonlyMap<string, FrameCounts>> {
  const volume = ["--volume", `${RECORDINGS_VOLUME}:/recordings:ro`, "--user", "0:0"];
  const container = ["run", "--rm", "--network", "none", ...volume, TRANSCODER_IMAGE, "sh", "-c", COUNT];
  const files = new Map<string, FrameCounts>();
  for (const line of (await runOrThrow("docker", container, { limitMs: LIMIT_MS })).split("\n")) {
    const [, name, kind, count] = /([^/]+\.webm),(video|audio),(\d+)/.exec(line) ?? [];
    if (name === undefined) continue;
    const counts = files.get(name) ?? { video: 0, audio: 0 };
    files.set(name, { ...counts, [kind as keyof FrameCounts]: Number(count) });
  }
  return files;
}

import { runOrThrow } from "../bundle/run.ts";
import { RECORDER_IMAGE, RECORDINGS_VOLUME } from "../bundle/settings.ts";

const OPUS_PACKET_SECONDS = 0.02;
const LIMIT_MS = 300_000;
/** One line per file: its path, and the number of its audio packets. */
const COUNT = `find /recordings/calls -name '*.webm' | while read -r file; do
  echo "$file $(ffprobe -v error -count_packets -select_streams a:0 -show_entries stream=nb_read_packets -of csv=p=0 "$file" </dev/null)"
done`;

/**
 * Seconds of sound in each recording, by file name. Counts packets, because the duration of a file also includes its
 * gaps. Callers send a packet every 20 ms, also while it is silent.
 */
export async function countSecondsInFiles(): Promise<ReadonlyMap<string, number>> {
  const volume = ["--volume", `${RECORDINGS_VOLUME}:/recordings:ro`, "--user", "0:0"];
  const arguments_ = ["run", "--rm", "--network", "none", ...volume, RECORDER_IMAGE, "sh", "-c", COUNT];
  const lines = await runOrThrow("docker", arguments_, { limitMs: LIMIT_MS });
  const seconds = new Map<string, number>();
  for (const line of lines.split("\n")) {
    const [, name, packets] = /([^/]+\.webm) (\d+)/.exec(line) ?? [];
    if (name !== undefined) seconds.set(name, Number(packets) * OPUS_PACKET_SECONDS);
  }
  return seconds;
}

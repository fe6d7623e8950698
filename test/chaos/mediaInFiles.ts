import { framesInFiles } from "../bundle/framesInFiles.ts";

const OPUS_PACKET_SECONDS = 0.02;

/**
 * Seconds of sound in each recording that has any, by file name. Counts packets, because the duration of a file also
 * includes its gaps. Callers send a packet every 20 ms, also while it is silent.
 */
export async function countSecondsInFiles(): Promise<ReadonlyMap<string, number>> {
  const files = [...(await framesInFiles())].filter(([, { audio }]) => audio > 0);
  return new Map(files.map(([name, { audio }]) => [name, audio * OPUS_PACKET_SECONDS]));
}

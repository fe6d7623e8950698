/** What a gateway and its signalling hold, once all that nobody needs any more was collected. */
export interface Footprint {
  neededBytes: number;
  /** What of the host's memory they have: how much more that is, is Node's business and the allocator's. */
  residentBytes: number;
  sockets: number;
}

/** After it what has ended is forgotten. */
export const FORGOTTEN_AFTER_MS = 11 * 60_000;
const GROWTH_LIMIT_BYTES = 2 * 1024 * 1024;

const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

export function inWords({ neededBytes, residentBytes, sockets }: Footprint): string {
  return `${mebibytes(neededBytes)} MiB needed, ${mebibytes(residentBytes)} MiB resident, ${sockets} sockets`;
}

/** What has become more that should not; nothing where all is well. */
export function growth(before: Footprint, after: Footprint): string[] {
  const grown = after.neededBytes - before.neededBytes;
  return [
    ...(grown > GROWTH_LIMIT_BYTES ? [`the gateway needs ${mebibytes(grown)} MiB more`] : []),
    ...(after.sockets > before.sockets ? [`${after.sockets - before.sockets} sockets more are open`] : []),
  ];
}

/** The resources of a gateway and its signalling after garbage collection. */
export interface Footprint {
  neededBytes: number;
  /** Resident memory. How much it exceeds `neededBytes` depends on Node and the allocator. */
  residentBytes: number;
  sockets: number;
}

/** After this time, ended calls and peers are removed. */
export const FORGOTTEN_AFTER_MS = 11 * 60_000;
const GROWTH_LIMIT_BYTES = 2 * 1024 * 1024;

const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

export function inWords({ neededBytes, residentBytes, sockets }: Footprint): string {
  return `${mebibytes(neededBytes)} MiB needed, ${mebibytes(residentBytes)} MiB resident, ${sockets} sockets`;
}

/** Resources that grew too much; empty if none. */
export function growth(before: Footprint, after: Footprint): string[] {
  const grown = after.neededBytes - before.neededBytes;
  return [
    ...(grown > GROWTH_LIMIT_BYTES ? [`the gateway needs ${mebibytes(grown)} MiB more memory`] : []),
    ...(after.sockets > before.sockets ? [`${after.sockets - before.sockets} more sockets are open`] : []),
  ];
}

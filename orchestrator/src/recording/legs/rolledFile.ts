import type { LegIn, ManifestFile } from "../../archive/library/manifest.ts";
import type { LegFiles } from "./legFiles.ts";
import { count } from "./legLimits.ts";
import { notBeforeRinging } from "./legTimes.ts";
import { firstMediaAt } from "./manifestTracks.ts";
import { allTracks } from "./parts.ts";

/** When the current file began; undefined until it has received media. */
export function fileStart(leg: LegIn<"recording" | "finalising">, files: Pick<LegFiles, "current">): Date | undefined {
  if (files.current === 1) return new Date(leg.startedAt);
  const firstMedia = firstMediaAt(allTracks(leg));
  return firstMedia && new Date(notBeforeRinging(firstMedia.getTime(), leg));
}

/** Bytes redirected into earlier files: the gateway's counter covers the whole call. */
export function redirectedBefore(files: readonly ManifestFile[]): number {
  return count(files.at(-1)?.tracks ?? [], "bytes_redirected");
}

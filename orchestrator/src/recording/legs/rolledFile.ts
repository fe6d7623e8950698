import type { LegIn, ManifestFile } from "../../archive/library/manifest.ts";
import type { LegFiles } from "./legFiles.ts";
import { count } from "./legLimits.ts";
import { firstMediaAt } from "./manifestTracks.ts";
import { allTracks } from "./parts.ts";

/** When the file that is being recorded began; undefined while nothing has come for it. */
export function fileStart(leg: LegIn<"recording" | "finalising">, files: Pick<LegFiles, "current">): Date | undefined {
  return files.current === 1 ? new Date(leg.startedAt) : firstMediaAt(allTracks(leg));
}

/** Bytes that went into the files before: a gateway counts all that it has redirected of a call. */
export function redirectedBefore(files: readonly ManifestFile[]): number {
  return count(files.at(-1)?.tracks ?? [], "bytes_redirected");
}

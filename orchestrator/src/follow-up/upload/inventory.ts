import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { z } from "zod";
import { filesBelow } from "../../archive/library/removal.ts";

/** A file of a call's folder, with what is needed to detect a change. */
export const KeptFile = z.object({ path: z.string(), bytes: z.int(), modifiedMs: z.number() });
export type KeptFile = z.infer<typeof KeptFile>;

/** Unfinished files; uploaders use the same pattern. */
const NOT_FINISHED = /\.(tmp|part)$/;

/** All finished files of a folder, with their paths relative to it. */
export async function inventory(folder: string): Promise<KeptFile[]> {
  const paths = (await filesBelow(folder)).filter((path) => !NOT_FINISHED.test(path)).sort();
  return Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return { path: relative(folder, path), bytes: size, modifiedMs: mtimeMs };
    }),
  );
}

/** Whether all files are among the others, unchanged. */
export function areAmong(files: readonly KeptFile[], others: readonly KeptFile[]): boolean {
  const keyOf = ({ path, bytes, modifiedMs }: KeptFile) => `${path} ${bytes} ${modifiedMs}`;
  const known = new Set(others.map(keyOf));
  return files.length > 0 && files.every((file) => known.has(keyOf(file)));
}

import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import type { JobResult } from "../jobs/jobWork.ts";

const ERROR_EXCERPT_CHARACTERS = 300;

const Line = z.object({
  event: z.string().optional(),
  by: z.string().optional(),
  level: z.string().optional(),
  msg: z.string().optional(),
  stats: z.object({ bytes: z.number(), totalBytes: z.number() }).optional(),
});

/** Progress of the current copy in per cent; undefined for a line without it. */
export function percentOf(line: string): number | undefined {
  const { stats } = parsed(line);
  return stats && stats.totalBytes > 0 ? (100 * stats.bytes) / stats.totalBytes : undefined;
}

/**
 * The final event of an uploader.
 *
 * @throws RecorderError UPLOAD_FAILED with rclone's last error.
 */
export function endedWith(
  event: "verified" | "removed" | "followed",
  { exitCode, stdout, stderr }: JobResult,
): { by: string } {
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  const last = lines.map(parsed).find((line) => line.event === event);
  if (exitCode === 0 && last) return { by: last.by ?? "" };
  throw new RecorderError("UPLOAD_FAILED", `exit code ${exitCode}: ${lastError(lines)}`);
}

/** rclone prints errors as JSON while it runs, and as plain text when it exits. */
function lastError(lines: readonly string[]): string {
  const errors = lines.flatMap((line) => {
    if (!line.startsWith("{")) return [line.replace(/^[\d/]+ [\d:]+ /, "")];
    const { level, msg } = parsed(line);
    return level === "error" && msg ? [msg] : [];
  });
  return (errors.at(-1) ?? "no error message").slice(0, ERROR_EXCERPT_CHARACTERS);
}

function parsed(line: string): z.infer<typeof Line> {
  try {
    return Line.safeParse(JSON.parse(line)).data ?? {};
  } catch {
    return {};
  }
}

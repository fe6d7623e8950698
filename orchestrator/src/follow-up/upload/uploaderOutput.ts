import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import type { JobResult } from "../jobs/jobWork.ts";

const LAST_WORDS_CHARACTERS = 300;

const Line = z.object({
  event: z.string().optional(),
  by: z.string().optional(),
  level: z.string().optional(),
  msg: z.string().optional(),
  stats: z.object({ bytes: z.number(), totalBytes: z.number() }).optional(),
});

/** Per cent of what is copied at the moment; undefined for a line that says nothing of it. */
export function percentOf(line: string): number | undefined {
  const { stats } = parsed(line);
  return stats && stats.totalBytes > 0 ? (100 * stats.bytes) / stats.totalBytes : undefined;
}

/**
 * What an uploader ended with.
 *
 * @throws RecorderError UPLOAD_FAILED, with what rclone complained of last.
 */
export function endedWith(
  event: "verified" | "removed" | "followed",
  { exitCode, stdout, stderr }: JobResult,
): { by: string } {
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  const last = lines.map(parsed).find((line) => line.event === event);
  if (exitCode === 0 && last) return { by: last.by ?? "" };
  throw new RecorderError("UPLOAD_FAILED", `exit code ${exitCode}: ${complaint(lines)}`);
}

/** rclone's errors are objects while it works, and plain lines when it gives up. */
function complaint(lines: readonly string[]): string {
  const complaints = lines.flatMap((line) => {
    if (!line.startsWith("{")) return [line.replace(/^[\d/]+ [\d:]+ /, "")];
    const { level, msg } = parsed(line);
    return level === "error" && msg ? [msg] : [];
  });
  return (complaints.at(-1) ?? "it said nothing").slice(0, LAST_WORDS_CHARACTERS);
}

function parsed(line: string): z.infer<typeof Line> {
  try {
    return Line.safeParse(JSON.parse(line)).data ?? {};
  } catch {
    return {};
  }
}

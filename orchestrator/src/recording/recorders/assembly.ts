import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import type { ContainerOutput } from "../engine/engine.ts";

const NO_MEDIA_EXIT_CODE = 3;
/** ENOSPC, EROFS and EIO in words. */
const NO_SPACE = "No space left on device";
const NO_VOLUME = /Read-only file system|Input\/output error/;
const STDERR_TAIL_CHARACTERS = 500;

/** What a leg's tracks became. */
export interface Assembly {
  /** What ffprobe says about the file, as JSON text; undefined when no track has any media. */
  probed: string | undefined;
  /** Media that is missing between the parts of a track, of the track that misses most. */
  gapSeconds: number;
}

/** What the script says of a track of several parts, before it says anything else. */
const Gap = z.object({ event: z.literal("gap"), kind: z.string(), seconds: z.number() });

/**
 * Reads how the `assemble` script ended, see services/recorder/assemble.
 *
 * @param said what it printed, and nothing else.
 * @throws RecorderError NOT_ASSEMBLED, STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export function assemblyOf(exitCode: number | undefined, { stdout, stderr }: ContainerOutput): Assembly {
  if (exitCode === 0) return read(stdout);
  if (exitCode === NO_MEDIA_EXIT_CODE) return { probed: undefined, gapSeconds: 0 };
  if (exitCode === undefined) throw new RecorderError("NOT_ASSEMBLED", "its container was removed");
  if (stderr.includes(NO_SPACE)) throw new RecorderError("STORAGE_FULL", "the tracks cannot be joined for now");
  if (NO_VOLUME.test(stderr)) throw new RecorderError("STORAGE_UNAVAILABLE", "the tracks cannot be joined for now");
  throw new RecorderError("NOT_ASSEMBLED", stderr.trim().slice(-STDERR_TAIL_CHARACTERS) || `exit code ${exitCode}`);
}

function read(stdout: string): Assembly {
  const lines = stdout.split("\n");
  let gapSeconds = 0;
  for (let gap = gapOf(lines[0]); gap; gap = gapOf(lines[0])) {
    gapSeconds = Math.max(gapSeconds, gap.seconds);
    lines.shift();
  }
  const probed = lines.join("\n");
  // An engine that goes down meanwhile loses what its containers say, and not always how they end.
  if (!isJson(probed)) throw new RecorderError("NOT_ASSEMBLED", "what was said of the file is lost");
  return { probed, gapSeconds };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function gapOf(line = ""): z.infer<typeof Gap> | undefined {
  try {
    return Gap.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import type { ContainerOutput } from "../engine/engine.ts";

const NO_MEDIA_EXIT_CODE = 3;
/** Messages of ENOSPC, EROFS and EIO. */
const NO_SPACE = "No space left on device";
const NO_VOLUME = /Read-only file system|Input\/output error/;
const STDERR_TAIL_CHARACTERS = 500;

/** Result of joining a leg's tracks. */
export interface Assembly {
  /** Output of ffprobe for the file, as JSON text; undefined if no track has media. */
  probed: string | undefined;
  /** Media missing between the parts of a track; the largest value of all tracks. */
  gapSeconds: number;
}

/** Printed by the script before all other output, for tracks with several parts. */
const Gap = z.object({ event: z.literal("gap"), kind: z.string(), seconds: z.number() });

/**
 * Reads the result of the `assemble` script, see services/recorder/assemble.
 *
 * @param output the output of this script only.
 * @throws RecorderError NOT_ASSEMBLED, STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export function assemblyOf(exitCode: number | undefined, { stdout, stderr }: ContainerOutput): Assembly {
  if (exitCode === 0) return read(stdout);
  if (exitCode === NO_MEDIA_EXIT_CODE) return { probed: undefined, gapSeconds: 0 };
  if (exitCode === undefined) throw new RecorderError("NOT_ASSEMBLED", "the container was removed");
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
  // If the engine stops during assembly, it may lose the containers' output but still report their exit codes.
  if (!isJson(probed)) throw new RecorderError("NOT_ASSEMBLED", "the output of ffprobe is incomplete");
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

import { z } from "zod";
import type { Kind } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { ContainerOutput } from "../engine/engine.ts";
import { DecodedEnd, OpusBits } from "./decodedEnd.ts";
import { readEvent } from "./events.ts";

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
  /** From when on the last picture stands, in seconds of the file; undefined if pictures came until the end. */
  stillFromSeconds?: number;
  /** Tracks of single recorders that the file lacks. */
  absent?: readonly AbsentTrack[];
  /** What a decoder could read of the file; missing if that was not tried. */
  decoded?: readonly DecodedEnd[];
  /** Of sound in Opus. */
  opusBits?: OpusBits;
}

export interface AbsentTrack {
  kind: Kind;
  recorderId: string;
  /** It has data, and ffmpeg cannot read it; otherwise it is empty. */
  isUnreadable: boolean;
}

/** Printed by the script before all other output. */
const Event = z.discriminatedUnion("event", [
  z.object({ event: z.literal("gap"), seconds: z.number() }),
  z.object({ event: z.literal("still"), from: z.number() }),
  z.object({ event: z.enum(["empty", "unreadable"]), kind: z.enum(["audio", "video"]), recorder: z.string() }),
  DecodedEnd.extend({ event: z.literal("decoded") }),
  OpusBits.extend({ event: z.literal("bits") }),
]);

/**
 * Reads the result of the `assemble` script, see services/recorder/assemble.
 *
 * @param output the output of this script only.
 * @throws RecorderError NOT_ASSEMBLED, STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export function assemblyOf(exitCode: number | undefined, { stdout, stderr }: ContainerOutput): Assembly {
  if (exitCode === 0) return whole(read(stdout));
  if (exitCode === NO_MEDIA_EXIT_CODE) return { ...read(stdout), probed: undefined };
  if (exitCode === undefined) throw new RecorderError("NOT_ASSEMBLED", "the container was removed");
  if (stderr.includes(NO_SPACE)) throw new RecorderError("STORAGE_FULL", "the tracks cannot be joined for now");
  if (NO_VOLUME.test(stderr)) throw new RecorderError("STORAGE_UNAVAILABLE", "the tracks cannot be joined for now");
  throw new RecorderError("NOT_ASSEMBLED", stderr.trim().slice(-STDERR_TAIL_CHARACTERS) || `exit code ${exitCode}`);
}

function read(stdout: string): Assembly & { probed: string } {
  const lines = stdout.split("\n");
  let gapSeconds = 0;
  let stillFromSeconds: number | undefined;
  const absent: AbsentTrack[] = [];
  const decoded: DecodedEnd[] = [];
  let opusBits: OpusBits | undefined;
  const next = () => readEvent(Event, lines[0] ?? "");
  for (let event = next(); event; event = next()) {
    if (event.event === "gap") gapSeconds = Math.max(gapSeconds, event.seconds);
    else if (event.event === "decoded") decoded.push(event);
    else if (event.event === "bits") opusBits = event;
    else if (event.event === "still") stillFromSeconds = event.from;
    else absent.push({ kind: event.kind, recorderId: event.recorder, isUnreadable: event.event === "unreadable" });
    lines.shift();
  }
  return {
    probed: lines.join("\n"),
    gapSeconds,
    ...(stillFromSeconds !== undefined && { stillFromSeconds }),
    ...(absent.length > 0 && { absent }),
    ...(decoded.length > 0 && { decoded }),
    ...(opusBits && { opusBits }),
  };
}

/** If the engine stops during assembly, it may lose the containers' output but still report their exit codes. */
function whole(assembly: Assembly & { probed: string }): Assembly {
  if (!isJson(assembly.probed)) throw new RecorderError("NOT_ASSEMBLED", "the output of ffprobe is incomplete");
  return assembly;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

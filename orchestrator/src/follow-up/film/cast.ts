import type { LegIn, RecordingFile } from "../../archive/library/manifest.ts";
import type { LegId } from "../../ids.ts";
import { boundedSeconds, notBeforeRinging } from "../../recording/legs/legTimes.ts";
import { allTracks } from "../../recording/legs/parts.ts";

/** One file of a leg's recording in the film. Seconds count from the start of the film. */
export interface Take {
  legId: LegId;
  file: string;
  offsetSeconds: number;
  durationSeconds: number;
  hasVideo: boolean;
  hasAudio: boolean;
}

/** One participant, including all returns after having left. */
export interface Role {
  name: string | undefined;
  takes: Take[];
}

export interface Cast {
  /** In order of arrival. */
  roles: Role[];
  durationSeconds: number;
  startedAt: Date;
}

const NAME_LIMIT_CHARACTERS = 40;

/**
 * The participants of a call's film, with the times of their recordings. A recording starts with its first track, on
 * the gateway's clock, which all recordings share. If the gateway does not report it, the start of the leg's recording
 * is used. No recording is longer than its leg, so the film is no longer than its call.
 */
export function castOf(legs: readonly LegIn<"ready">[]): Cast {
  const timed = legs
    .flatMap((leg) => recordingsOf(leg).map((recording) => ({ leg, ...recording })))
    .sort((one, other) => one.startMs - other.startMs);
  const firstMs = timed[0]?.startMs ?? 0;
  const roles: { key: string; role: Role }[] = [];
  let durationSeconds = 0;
  for (const { leg, file, startMs } of timed) {
    const offsetSeconds = (startMs - firstMs) / 1000;
    const take: Take = {
      legId: leg.id,
      file: file.name,
      offsetSeconds,
      durationSeconds: boundedSeconds(file, leg, startMs),
      hasVideo: file.streams.some(({ kind }) => kind === "video"),
      hasAudio: file.streams.some(({ kind }) => kind === "audio"),
    };
    durationSeconds = Math.max(durationSeconds, offsetSeconds + take.durationSeconds);
    const name = nameOf(leg.metadata);
    // Further tracks of a participant have tiles of their own, also while the participant is away.
    const key = leg.beside === undefined ? `of ${name ?? leg.peerId}` : `beside ${leg.beside}`;
    const known = roles.find(
      ({ key: other, role }) => other === key && (isOfLeg(role, leg.id) || isAway(role, offsetSeconds)),
    );
    if (known) known.role.takes.push(take);
    else roles.push({ key, role: { name, takes: [take] } });
  }
  return { roles: roles.map(({ role }) => role), durationSeconds, startedAt: new Date(firstMs) };
}

/** A rolled-over leg has several files, each with its own tracks. A lost file leaves a gap. */
function recordingsOf(leg: LegIn<"ready">): { file: RecordingFile; startMs: number }[] {
  return (leg.files ?? [leg]).flatMap(({ file, ...recorded }) =>
    file ? [{ file, startMs: notBeforeRinging(startOf(recorded), leg) }] : [],
  );
}

function startOf(recorded: Pick<LegIn<"ready">, "tracks" | "parts" | "startedAt">): number {
  const starts = allTracks(recorded).flatMap(({ clock }) => (clock ? [clock.firstUnixMs] : []));
  return starts.length > 0 ? Math.min(...starts) : Date.parse(recorded.startedAt);
}

/** Consecutive files of a leg may overlap slightly. */
const isOfLeg = ({ takes }: Role, id: LegId): boolean => takes.some(({ legId }) => legId === id);

/** Two participants with the same name at the same time are two people. */
function isAway({ takes }: Role, atSeconds: number): boolean {
  return takes.every(({ offsetSeconds, durationSeconds }) => offsetSeconds + durationSeconds <= atSeconds);
}

function nameOf(metadata: unknown): string | undefined {
  if (typeof metadata !== "object" || metadata === null || !("name" in metadata)) return undefined;
  const { name } = metadata;
  if (typeof name !== "string") return undefined;
  // Not all of \p{C}: joiners (Cf) shape letters, and a letter that no font has (Co, Cn) is left out where it is drawn.
  const printable = [...name.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, " ")]
    .slice(0, NAME_LIMIT_CHARACTERS)
    .join("")
    .trim();
  return printable === "" ? undefined : printable;
}

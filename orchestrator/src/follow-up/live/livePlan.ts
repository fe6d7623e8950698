import type { LegIn, Manifest } from "../../archive/library/manifest.ts";
import { type Paths, trackFile } from "../../archive/library/paths.ts";
import type { LiveForm } from "./liveForm.ts";
import type { pushOrder } from "./pushTarget.ts";

const OPUS_HERTZ = 48_000;

/** The file that services/live reads; described in its src/plan.ts. */
export interface LivePlan extends Omit<LiveForm, "audio"> {
  version: 1;
  folder: string;
  pushes: ReturnType<typeof pushOrder>[];
  /** Only with the output `audio`. */
  audio?: LiveForm["audio"] & { folder: string };
  participants: LiveParticipant[];
  endedUnixMs: number | null;
}

interface LiveParticipant {
  id: string;
  tracks: { kind: "audio" | "video"; file: string; startUnixMs: number; rate: number }[];
}

/** The part of a plan that does not change during the call. */
export type LivePurpose = LiveForm & Pick<LivePlan, "pushes">;

/**
 * The current participants of a call, and the files to which they are being recorded.
 *
 * @param endedUnixMs when the last participant left; null while the call is running.
 */
export function livePlan(
  { id, legs }: Pick<Manifest, "id" | "legs">,
  purpose: LivePurpose,
  paths: Paths,
  endedUnixMs: number | null,
): LivePlan {
  const present = legs.filter((leg): leg is LegIn<"recording"> => leg.state === "recording");
  const { audio, ...shown } = purpose;
  const sampleRate = audio.format === "opus" ? OPUS_HERTZ : audio.sampleRate;
  return {
    version: 1,
    folder: paths.liveName(id),
    ...shown,
    ...(shown.outputs.includes("audio") && { audio: { ...audio, sampleRate, folder: paths.audioName(id) } }),
    participants: present.map(participant),
    endedUnixMs,
  };
}

/** A track whose start is not known yet is added to a later plan. */
function participant({ id, recorderId, tracks, startedAt }: LegIn<"recording">): LiveParticipant {
  // The official gateway does not report track times, so the start of the leg's recording is used.
  const isReported = tracks.some(({ clock }) => clock !== null);
  const fallback = isReported ? null : { firstUnixMs: Date.parse(startedAt), rate: 1 };
  return {
    id,
    tracks: tracks.flatMap(({ kind, clock: known }) => {
      const clock = known ?? fallback;
      return clock
        ? [{ kind, file: trackFile(recorderId, kind), startUnixMs: clock.firstUnixMs, rate: clock.rate }]
        : [];
    }),
  };
}

import type { LegIn, Manifest } from "../../archive/library/manifest.ts";
import { type Paths, trackFile } from "../../archive/library/paths.ts";
import type { LiveForm } from "./liveForm.ts";
import type { pushOrder } from "./pushTarget.ts";

const OPUS_HERTZ = 48_000;

/** What services/live reads: its src/plan.ts has the words for it. */
export interface LivePlan extends Omit<LiveForm, "audio"> {
  version: 1;
  folder: string;
  pushes: ReturnType<typeof pushOrder>[];
  /** With the output of that name. */
  audio?: LiveForm["audio"] & { folder: string };
  participants: LiveParticipant[];
  endedUnixMs: number | null;
}

interface LiveParticipant {
  id: string;
  tracks: { kind: "audio" | "video"; file: string; startUnixMs: number; rate: number }[];
}

/** What of a plan stays the same while the call goes on. */
export type LivePurpose = LiveForm & Pick<LivePlan, "pushes">;

/**
 * Who is in a call at the moment, and where what is recorded of them is being written.
 *
 * @param endedUnixMs when the last of them left; null while the call goes on.
 */
export function livePlan(
  { id, legs }: Pick<Manifest, "id" | "legs">,
  purpose: LivePurpose,
  paths: Paths,
  endedUnixMs: number | null,
): LivePlan {
  const there = legs.filter((leg): leg is LegIn<"recording"> => leg.state === "recording");
  const { audio, ...shown } = purpose;
  const sampleRate = audio.format === "opus" ? OPUS_HERTZ : audio.sampleRate;
  return {
    version: 1,
    folder: paths.liveName(id),
    ...shown,
    ...(shown.outputs.includes("audio") && { audio: { ...audio, sampleRate, folder: paths.audioName(id) } }),
    participants: there.map(participant),
    endedUnixMs,
  };
}

/** A track whose beginning is not known yet comes with the next plan. */
function participant({ id, recorderId, tracks, startedAt }: LegIn<"recording">): LiveParticipant {
  // A gateway that cannot tell, the official one, leaves the moment at which the leg began to be recorded.
  const isTold = tracks.some(({ clock }) => clock !== null);
  const unknown = isTold ? null : { firstUnixMs: Date.parse(startedAt), rate: 1 };
  return {
    id,
    tracks: tracks.flatMap(({ kind, clock: known }) => {
      const clock = known ?? unknown;
      return clock
        ? [{ kind, file: trackFile(recorderId, kind), startUnixMs: clock.firstUnixMs, rate: clock.rate }]
        : [];
    }),
  };
}

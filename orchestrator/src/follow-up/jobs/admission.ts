import type { JobIn } from "./job.ts";

export interface AdmissionRules {
  /** Maximum number of concurrent heavy jobs. */
  concurrent: number;
  /** No heavy job starts while more legs than this are being recorded. */
  whileRecordingAtMost: number;
}

export interface Candidate {
  job: JobIn<"queued">;
  isHeavy: boolean;
}

/** The current load. */
export interface Situation {
  nowMs: number;
  heavyRunning: number;
  legsRecording: number;
}

/** The queued jobs that may start now, oldest first, and those that catch up last. Recordings have priority over jobs. */
export function admitted(queued: readonly Candidate[], situation: Situation, rules: AdmissionRules): JobIn<"queued">[] {
  const isQuiet = situation.legsRecording <= rules.whileRecordingAtMost;
  let places = isQuiet ? rules.concurrent - situation.heavyRunning : 0;
  return queued
    .filter(({ job }) => job.notBefore === undefined || Date.parse(job.notBefore) <= situation.nowMs)
    .sort(({ job: one }, { job: other }) => turnOf(one) - turnOf(other) || (one.id < other.id ? -1 : 1))
    .filter(({ isHeavy }) => {
      if (!isHeavy) return true;
      places -= 1;
      return places >= 0;
    })
    .map(({ job }) => job);
}

/** Jobs of new calls before those that catch up. */
const turnOf = ({ catchUp }: JobIn<"queued">) => (catchUp ? 1 : 0);

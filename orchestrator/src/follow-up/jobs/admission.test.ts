import { expect, test } from "vitest";
import { newCallId, newJobId } from "../../ids.ts";
import { admitted, type Candidate } from "./admission.ts";
import { pauseAfter } from "./jobKind.ts";

const RULES = { concurrent: 2, whileRecordingAtMost: 4 };
const QUIET = { nowMs: 1_000_000, heavyRunning: 0, legsRecording: 0 };

function candidate(atMs: number, isHeavy = true, notBeforeMs?: number): Candidate {
  const at = new Date(atMs);
  const base = { version: 1, kind: "film", subject: null, order: {}, attempts: 0, state: "queued" } as const;
  const notBefore = notBeforeMs === undefined ? {} : { notBefore: new Date(notBeforeMs).toISOString() };
  return {
    isHeavy,
    job: { ...base, ...notBefore, id: newJobId(at), callId: newCallId(at), queuedAt: at.toISOString() },
  };
}

const times = (candidates: Candidate[], situation = QUIET) =>
  admitted(candidates, situation, RULES).map(({ queuedAt }) => Date.parse(queuedAt));

test("the oldest jobs start first, up to the limit", () => {
  expect(times([candidate(300), candidate(100), candidate(200)])).toEqual([100, 200]);
  expect(times([candidate(300), candidate(100)], { ...QUIET, heavyRunning: 1 })).toEqual([100]);
  expect(times([candidate(300)], { ...QUIET, heavyRunning: 2 })).toEqual([]);
});

test("jobs that catch up with earlier calls start after those of new calls", () => {
  const { job, isHeavy } = candidate(100);
  const earlier: Candidate = { isHeavy, job: { ...job, catchUp: true } };
  expect(times([earlier, candidate(300), candidate(200)])).toEqual([200, 300]);
  expect(times([earlier, candidate(300)])).toEqual([300, 100]);
});

test("while many legs are being recorded, only light jobs start", () => {
  const busy = { ...QUIET, legsRecording: 5 };
  expect(times([candidate(100), candidate(200, false)], busy)).toEqual([200]);
  expect(times([candidate(100)], { ...QUIET, legsRecording: 4 })).toEqual([100]);
});

test("a failed job waits for its next attempt without delaying others", () => {
  expect(times([candidate(100, true, 1_000_001), candidate(200), candidate(300, true, 999_999)])).toEqual([200, 300]);
});

test("pauses grow up to a limit, and the number of attempts is limited", () => {
  const schedule = { attempts: 4, firstPauseMs: 5_000, lastPauseMs: 40_000 };
  expect([1, 2, 3, 4].map((attempt) => pauseAfter(attempt, schedule))).toEqual([5_000, 15_000, 40_000, undefined]);
});

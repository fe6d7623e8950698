import { expect, test } from "vitest";
import type { Leg } from "../bundle/api.ts";
import type { Struck } from "./strike.ts";
import { countCall, newTally, type Tally } from "./tally.ts";

const CALL = { peerId: "alice", connectedAt: 0, endedAt: 20_000 };
const leg = (more: Partial<Leg> = {}): Leg => ({
  id: "leg",
  peerId: "alice",
  metadata: "",
  state: "ready",
  file: { name: "leg.webm", bytes: 1, durationSeconds: 20, streams: [] },
  ...more,
});

function counted(legs: Leg[], seconds: number, struck: Struck[] = []): Tally {
  const tally = newTally(1, {}, 1);
  countCall(tally, CALL, legs, struck, new Map([["leg.webm", seconds]]));
  return tally;
}

test("a whole file is no loss and no lie", () => {
  expect(counted([leg()], 20)).toMatchObject({ ready: 1, mediaSecondsLost: 0, lies: [] });
});

test("a ready leg whose file has a hole is a lie, whatever its duration is, unless it says so", () => {
  expect(counted([leg()], 12)).toMatchObject({ mediaSecondsLost: 8, lies: [expect.stringContaining("lacks 8.0 s")] });
  expect(counted([leg({ gapSeconds: 8 })], 12)).toMatchObject({ mediaSecondsLost: 8, lies: [] });
  expect(counted([leg({ error: { code: "MEDIA_INCOMPLETE", message: "" } })], 12).lies).toEqual([]);
});

test("nothing is lost after the gateway was killed, or while it was frozen", () => {
  const gateway = "skyway-webrtc-gateway" as const;
  const killed: Struck[] = [{ victim: gateway, how: "killed", from: 5_000, to: 6_000 }];
  const frozen: Struck[] = [{ victim: gateway, how: "frozen", from: 5_000, to: 9_000 }];

  expect(counted([leg()], 5, killed)).toMatchObject({ mediaSeconds: 5, mediaSecondsLost: 0, lies: [] });
  expect(counted([leg()], 16, frozen)).toMatchObject({ mediaSeconds: 16, mediaSecondsLost: 0, lies: [] });
});

test("a call that failed because the gateway was killed while its recorder started is counted apart", () => {
  const kill = (from: number): Struck[] => [{ victim: "skyway-webrtc-gateway", how: "killed", from, to: from + 1_000 }];
  const failed = leg({ state: "failed", error: { code: "NO_MEDIA", message: "" } });
  expect(counted([failed], 0, kill(3_000))).toMatchObject({ lostWithGateway: 1, failed: [], mediaSecondsLost: 0 });
  expect(counted([failed], 0, kill(17_000))).toMatchObject({ lostWithGateway: 0, failed: [{ code: "NO_MEDIA" }] });
  expect(counted([failed], 0)).toMatchObject({ lostWithGateway: 0, failed: [{ code: "NO_MEDIA" }] });
});

test("a ready leg without its file, and a file much longer than its call, are lies", () => {
  expect(
    counted([leg({ file: { name: "gone.webm", bytes: 1, durationSeconds: 20, streams: [] } })], 20).lies,
  ).toContain("alice: gone.webm is ready and does not exist");
  const long = leg({ file: { name: "leg.webm", bytes: 1, durationSeconds: 2.7e9, streams: [] } });
  expect(counted([long], 20).lies).toEqual([expect.stringContaining("has a file of 2700000000 s")]);
});

test("what a call lacks that ended after its recorder and the orchestrator were lost is counted apart, and must be told", () => {
  const lost = (victim: "recorder" | "recorder-network" | "web", orchestratorBackAt: number): Struck[] => [
    { victim, how: "killed", from: 14_000, to: 15_000 },
    { victim: "orchestrator", how: "frozen", from: 14_000, to: orchestratorBackAt },
  ];
  const told = leg({ gapSeconds: 6 });
  const failed = leg({ state: "failed", error: { code: "RECORDER_LOST", message: "" } });
  for (const victim of ["recorder", "recorder-network"] as const) {
    expect(counted([told], 14, lost(victim, 22_000))).toMatchObject({ lostWithOrchestrator: 1, worstSecondsLost: 0 });
    expect(counted([failed], 0, lost(victim, 22_000))).toMatchObject({ lostWithOrchestrator: 1, failed: [] });
    expect(counted([leg()], 14, lost(victim, 22_000)).lies).toHaveLength(1);
  }
  expect(counted([told], 14, lost("web", 22_000))).toMatchObject({ lostWithOrchestrator: 0, worstSecondsLost: 6 });
  expect(counted([told], 14, lost("recorder", 4_000))).toMatchObject({ lostWithOrchestrator: 0, worstSecondsLost: 6 });
});

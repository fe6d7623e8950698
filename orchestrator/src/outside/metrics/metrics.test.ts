import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { CallBook } from "../../archive/calls/callBook.ts";
import type { LegIn } from "../../archive/library/manifest.ts";
import type { MediaConnectionId, PeerId } from "../../ids.ts";
import { LegMetrics } from "../../recording/legs/legMetrics.ts";
import { FakeGateway } from "../../testing/fakeGateway.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { testRooms } from "../../testing/testLeg.ts";
import { measure } from "./metrics.ts";

const RINGING = {
  peerId: "alice",
  recorderPeerId: "TestRecorder" as PeerId,
  mediaConnectionId: "mc-1" as MediaConnectionId,
  metadata: "",
};
const FILE = { name: "leg.webm", bytes: 1_000, durationSeconds: 20, streams: [] };

const gatewayAt = (address: string) =>
  Object.assign(new FakeGateway(), { trouble: address === "10.0.0.5" ? new Error("away") : undefined });

function open(freeBytes: () => Promise<number> = async () => 5e9) {
  const clock = new ManualClock();
  const { library } = testRooms(new FakeGateway(), clock);
  const calls = new CallBook(library, clock);
  const registry = new Registry();
  const metrics = new LegMetrics(registry);
  measure(registry, {
    ...{ calls, clock, freeBytes, minimumFreeBytes: 1e9 },
    recorders: { running: 1, containers: 1, waiting: 0, waitingToAssemble: 0, limit: 20 },
    host: {
      availableBytes: async () => 2e9,
      cpuWaitMs: 12,
      limits: { minimumAvailableBytes: 3e8, maximumCpuWaitMs: 250 },
    },
    gateways: { present: ["10.0.0.4", "10.0.0.5"], at: (address) => gatewayAt(address ?? "") },
    health: async () => ({ status: "failing", parts: { docker: { status: "failing" } } }) as never,
  });
  return { clock, calls, metrics, scrape: async () => (await registry.metrics()).split("\n") };
}

test("the host's resources are exported with their limits", async () => {
  const lines = await open().scrape();

  expect(lines).toContain("call_recorder_host_available_bytes 2000000000");
  expect(lines).toContain("call_recorder_host_minimum_available_bytes 300000000");
  expect(lines).toContain("call_recorder_cpu_wait_seconds 0.012");
});

test("each gateway is exported with its state and its legs", async () => {
  const { calls, scrape } = open();
  await calls.ring({ ...RINGING, mediaConnectionId: "mc-1@10.0.0.4" as MediaConnectionId });

  const lines = await scrape();

  expect(lines).toContain('call_recorder_gateway_up{gateway="10.0.0.4"} 1');
  expect(lines).toContain('call_recorder_gateway_up{gateway="10.0.0.5"} 0');
  expect(lines).toContain('call_recorder_gateway_legs{gateway="10.0.0.4"} 1');
  expect(lines).toContain('call_recorder_gateway_legs{gateway="10.0.0.5"} 0');
});

test("legs are exported by state, with the age of the oldest one in each state", async () => {
  const { clock, calls, scrape } = open();
  const { callId, leg } = await calls.ring(RINGING);
  await calls.record(callId, { ...leg, state: "preparing" });
  await clock.pass(3_000, 1_000);

  const lines = await scrape();

  expect(lines).toContain('call_recorder_legs{state="preparing"} 1');
  expect(lines).toContain('call_recorder_legs{state="ringing"} 0');
  expect(lines).toContain('call_recorder_oldest_leg_seconds{state="preparing"} 3');
});

test("a leg that has ended is counted once, by result, reason and code, with its bytes and seconds", async () => {
  const { clock, calls, scrape } = open();
  const { callId, leg } = await calls.ring(RINGING);
  const endedAt = clock.now().toISOString();
  const ready = { ...leg, state: "ready", endedAt, reason: "force_close", file: FILE } as unknown as LegIn<"ready">;
  await clock.pass(2_000, 1_000);
  await calls.record(callId, ready);
  await calls.record(callId, ready);
  const other = await calls.ring(RINGING);
  const error = { code: "NOT_CONNECTED", message: "", hint: "" };
  await calls.record(other.callId, { ...other.leg, state: "failed", endedAt, reason: "not_connected", error });

  const lines = await scrape();

  expect(lines).toContain('call_recorder_recordings_total{result="ready",reason="force_close",code=""} 1');
  expect(lines).toContain(
    'call_recorder_recordings_total{result="failed",reason="not_connected",code="NOT_CONNECTED"} 1',
  );
  expect(lines).toContain("call_recorder_failed_connects_total 1");
  expect(lines).toContain("call_recorder_recorded_bytes_total 1000");
  expect(lines).toContain("call_recorder_ready_seconds_sum 2");
  expect(lines.filter((line) => /^call_recorder_legs\{/.test(line) && !line.endsWith(" 0"))).toEqual([]);
});

test("a recording that lacks media counts as ready, with the code of its error", async () => {
  const { clock, calls, scrape } = open();
  const { callId, leg } = await calls.ring(RINGING);
  const endedAt = clock.now().toISOString();
  const error = { code: "MEDIA_INCOMPLETE", message: "", hint: "" };
  const ready = { ...leg, state: "ready", endedAt, reason: "force_close", file: FILE, error };
  await calls.record(callId, ready as unknown as LegIn<"ready">);
  expect(await scrape()).toContain(
    'call_recorder_recordings_total{result="ready",reason="force_close",code="MEDIA_INCOMPLETE"} 1',
  );
});

test("a leg with notes is counted once for each code and kind, when it ends", async () => {
  const { clock, calls, scrape } = open();
  const { callId, leg } = await calls.ring(RINGING);
  const endedAt = clock.now().toISOString();
  const text = { message: "", hint: "" };
  const notes = [
    { code: "LOST", kind: "video", ...text },
    { code: "SHORTER", kind: "video", file: "leg.webm", ...text },
    { code: "SHORTER", kind: "video", file: "leg-2.webm", ...text },
    { code: "NO_BUNDLE", ...text },
  ];
  await calls.record(callId, { ...leg, state: "preparing", notes } as LegIn<"preparing">);
  expect(await scrape()).toContain('call_recorder_notes_total{code="LOST",kind="video"} 0');
  const ready = { ...leg, state: "ready", endedAt, reason: "force_close", file: FILE, notes };
  await calls.record(callId, ready as unknown as LegIn<"ready">);
  await calls.record(callId, ready as unknown as LegIn<"ready">);

  const lines = await scrape();

  expect(lines).toContain('call_recorder_notes_total{code="LOST",kind="video"} 1');
  expect(lines).toContain('call_recorder_notes_total{code="SHORTER",kind="video"} 1');
  expect(lines).toContain('call_recorder_notes_total{code="NO_BUNDLE",kind=""} 1');
  expect(lines).toContain('call_recorder_notes_total{code="DROPPED",kind="audio"} 0');
});

test("free-text reasons of another gateway do not create new series", async () => {
  const { clock, calls, scrape } = open();
  const { callId, leg } = await calls.ring(RINGING);
  const endedAt = clock.now().toISOString();
  await calls.record(callId, {
    ...leg,
    state: "ready",
    endedAt,
    reason: "At 12:01 …",
    file: FILE,
  } as unknown as LegIn<"ready">);

  expect(await scrape()).toContain('call_recorder_recordings_total{result="ready",reason="",code=""} 1');
});

test("a missing volume has no free space, and failing parts are down", async () => {
  const { scrape, metrics } = open(async () => {
    throw new Error("EIO");
  });
  metrics.recorderBound(400);
  metrics.answered(500);
  metrics.recorderNotStarted("RECORDER_NOT_BOUND");

  const lines = await scrape();

  expect(lines).toContain("call_recorder_storage_free_bytes 0");
  expect(lines).toContain("call_recorder_storage_minimum_free_bytes 1000000000");
  expect(lines).toContain('call_recorder_part_up{part="docker"} 0');
  expect(lines).toContain('call_recorder_recorder_start_seconds_bucket{le="0.5"} 1');
  expect(lines).toContain("call_recorder_answer_seconds_sum 0.5");
  expect(lines).toContain('call_recorder_recorder_start_failures_total{code="RECORDER_NOT_BOUND"} 1');
});

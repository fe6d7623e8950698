import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { findCallOf } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { runOrThrow } from "../bundle/run.ts";
import { allHealthy, serviceLog } from "../bundle/services.ts";
import { PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { killService } from "../chaos/strike.ts";
import {
  expectCompleteRecording,
  expectNothingLeft,
  PATIENCE_MS,
  readyCallOf,
  recordingCallOf,
} from "./expectations.ts";
import { type Caller, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const HEALTHY_LIMIT_MS = 60_000;
/** Nobody can tell the page; its browser gives up the connection. docs/clients.md states it. */
const GIVEN_UP_LIMIT_MS = 30_000;
/** The sum of the grace periods in the Compose file. */
const STOP_LIMIT_MS = 60_000;
/** The front door, which tells the pages, is stopped last. */
const TOLD_LIMIT_MS = 1_000;
/** Time until the orchestrator is stopped. */
const STOP_MS = 12_000;
const CALL_SECONDS = 6;
const FROZEN_MS = 10_000;
const UNTIL_KILL_MS = 2_000;
const LENGTH = { seconds: CALL_SECONDS, within: 1 };
/** Media continues until Compose sends its signal: at most the second that LENGTH allows. */
const UNTIL_SIGNAL_MS = 1_000;

afterEach(async () => {
  await waitFor("all services are healthy again", HEALTHY_LIMIT_MS, allHealthy);
  await expectNothingLeft();
});

test("a restart of signalling does not end a running call, and its peers reconnect", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const caller = await startCall(testBrowser);
  await caller.page.talk(2_000);
  await composeOrThrow(["restart", "--timeout", "1", "signaling"]);
  await caller.page.talk(CALL_SECONDS * 1000);

  const endedAt = Date.now();
  const sent = await caller.page.hangUp("close()");
  const ready = await readyCallOf(caller.peerId, endedAt, PATIENCE_MS);

  await expectCompleteRecording(ready, sent, LENGTH);
  await expectCallsWorkAgain(testBrowser);
});

test("signalling that freezes does not end a running call, and its peers are registered again", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const caller = await startCall(testBrowser);
  await caller.page.talk(2_000);
  // Longer than the gateway and the page wait for it: both give it up and close their sockets.
  await composeOrThrow(["pause", "signaling"]);
  await delay(FROZEN_MS);
  await composeOrThrow(["unpause", "signaling"]);
  // Longer than lost clients have time to return.
  await delay(CALL_SECONDS * 1000);

  const endedAt = Date.now();
  const sent = await caller.page.hangUp("close()");
  const ready = await readyCallOf(caller.peerId, endedAt, PATIENCE_MS);

  await expectCompleteRecording(ready, sent, { seconds: await caller.page.lasted(), within: 1 });
  await expectCallsWorkAgain(testBrowser);
});

test("a restart of a gateway ends its calls with ready recordings, and its peers are registered again", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const caller = await startCall(testBrowser);
  await caller.page.talk(CALL_SECONDS * 1000);

  const sent = await caller.page.sent();
  const endedAt = Date.now();
  await composeOrThrow(["restart", "skyway-webrtc-gateway"]);
  const ready = await readyCallOf(caller.peerId, endedAt, HEALTHY_LIMIT_MS);

  await expectCompleteRecording(ready, sent, LENGTH, UNTIL_SIGNAL_MS);
  await waitFor("all services are healthy again", HEALTHY_LIMIT_MS, allHealthy);
  await expectCallsWorkAgain(testBrowser);
});

test("a page hears of the end of its call when gateway and signalling are killed together", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const caller = await startCall(testBrowser);
  await caller.page.talk(CALL_SECONDS * 1000);

  const killedAt = Date.now();
  await Promise.all([killService("skyway-webrtc-gateway"), killService("signaling")]);

  await waitFor("the page hears of it", GIVEN_UP_LIMIT_MS, async () => !(await caller.page.isOpen()));
  await recordMeasurements({ test: "gateway and signalling killed", pageHearsAfterMs: Date.now() - killedAt });
  const { leg } = await readyCallOf(caller.peerId, killedAt, HEALTHY_LIMIT_MS);
  expect(leg.reason).toBe("gateway_lost");
});

test("a call that arrives while no recorder can be started is answered, and recorded from its first frame, although the orchestrator is killed meanwhile", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const caller = await testBrowser.caller();
  await composeOrThrow(["pause", "docker-guard"]);
  try {
    await caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
    expect((await findCallOf(caller.peerId))?.legs[0]?.state).toBe("connecting");
    await caller.page.talk(UNTIL_KILL_MS);
    await composeOrThrow(["kill", "orchestrator"]);
  } finally {
    await composeOrThrow(["unpause", "docker-guard"]);
  }
  // As Docker does automatically; Compose would wait for the health of the paused container.
  await runOrThrow("docker", ["start", `${PROJECT}-orchestrator-1`]);
  await recordingCallOf(caller.peerId);
  await caller.page.talk(2 * CALL_SECONDS * 1000);
  const endedAt = Date.now();
  const sent = await caller.page.hangUp("close(true)");
  const length = { seconds: await caller.page.lasted(), within: 1 };
  await expectCompleteRecording(await readyCallOf(caller.peerId, endedAt, PATIENCE_MS), sent, length);
});

test("a bundle that is stopped finalises every recording first, within the grace period of Compose", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const callers = [await startCall(testBrowser), await startCall(testBrowser)];
  const sent = await Promise.all(
    callers.map(async ({ page }) => {
      await page.talk(CALL_SECONDS * 1000);
      return page.sent();
    }),
  );

  const stoppedAt = Date.now();
  await composeOrThrow(["stop"], { limitMs: STOP_LIMIT_MS });
  for (const { page } of callers) {
    await waitFor("the page hears of the end of its call", TOLD_LIMIT_MS, async () => !(await page.isOpen()));
  }
  const log = (await serviceLog("orchestrator")).split("\n");
  const containers = await recorderContainers();
  await composeOrThrow(["up", "--detach", "--wait", "--no-build"], { limitMs: HEALTHY_LIMIT_MS * 2 });

  const last = log.slice(log.findLastIndex((line) => line.includes("ending all recordings")));
  expect(last.filter((line) => line.includes('"leg ready"'))).toHaveLength(callers.length);
  expect(last.join("\n")).not.toContain("left for the next start");
  expect(last.join("\n")).toContain("orchestrator is down");
  expect(containers).toEqual([]);
  for (const [index, { peerId }] of callers.entries()) {
    const ready = await readyCallOf(peerId, stoppedAt, PATIENCE_MS * 4);
    const statistics = sent[index];
    // Media continues until the orchestrator gets its signal.
    const length = { seconds: CALL_SECONDS + STOP_MS / 2000, within: 1 + STOP_MS / 2000 };
    if (statistics) await expectCompleteRecording(ready, statistics, length, STOP_MS);
  }
  await expectCallsWorkAgain(testBrowser);
});

async function startCall(testBrowser: TestBrowser): Promise<Caller> {
  const caller = await testBrowser.caller();
  await caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await recordingCallOf(caller.peerId);
  return caller;
}

/** A new caller is recorded normally. */
async function expectCallsWorkAgain(testBrowser: TestBrowser): Promise<void> {
  const caller = await waitFor("a new call is answered", 20_000, async () => {
    try {
      return await startCall(testBrowser);
    } catch {
      return undefined;
    }
  });
  await caller.page.talk(2_000);
  const endedAt = Date.now();
  await caller.page.hangUp("close(true)");
  const { leg } = await readyCallOf(caller.peerId, endedAt, PATIENCE_MS);
  expect(leg.file?.durationSeconds).toBeGreaterThan(1);
}

import { afterAll, expect, test } from "vitest";
import { dial } from "../bundle/api.ts";
import {
  type GatewayContainer,
  gatewayContainers,
  killContainer,
  restoreOneGateway,
  scaleGateways,
} from "../bundle/gateways.ts";
import { scrape } from "../bundle/metrics.ts";
import { MEDIA_PORT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import {
  AUDIO_PACKET_MS,
  expectAllHealthy,
  expectCompleteRecording,
  expectNothingLeft,
  PATIENCE_MS,
  readyCallOf,
  recordingCallOf,
} from "./expectations.ts";
import { type Caller, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const PORTS = `${MEDIA_PORT + 10}-${MEDIA_PORT + 15}`;
/** Inside the container, as in the Compose file. */
const INNER_PORT = 40_000;
const KNOWN_LIMIT_MS = 15_000;
const UNTIL_KILL_MS = 4_000;
/** Between reading the caller's statistics and the end of a container: `docker kill` is slow on a busy host. */
const KILL_MS = 1_500;
/** Signalling waits 5 s for a gateway whose connection broke, because it may return with its calls. */
const NOTIFIED_LIMIT_MS = 8_000;
const CALL_SECONDS = 20;

afterAll(async () => {
  await restoreOneGateway();
  await waitForGateways(1);
  await expectAllHealthy();
});

test("three gateways share the calls, each on its own port; if one is killed, only its own calls end", async () => {
  await scaleGateways(3, PORTS);
  await waitForGateways(3);
  const gateways = await gatewayContainers();
  expect(new Set(gateways.map(({ port }) => port)).size).toBe(3);

  await using testBrowser = await openTestBrowser("chromium");
  const [lost, ...others] = [
    await startCall(testBrowser),
    await startCall(testBrowser),
    await startCall(testBrowser),
  ] as const;
  const dying = await gatewayOf(lost, gateways);
  const living = await Promise.all(others.map((caller) => gatewayOf(caller, gateways)));
  expect(new Set([dying, ...living]).size).toBe(3);

  await lost.page.talk(UNTIL_KILL_MS);
  const sentBefore = await lost.page.sent();
  const killedAt = Date.now();
  await killContainer(dying.id);
  const ended = await readyCallOf(lost.peerId, killedAt, PATIENCE_MS);
  expect(ended.leg.reason).toBe("gateway_lost");
  // It has talked while the other calls began, too.
  const talkedSeconds = ((sentBefore.audio?.packets ?? 0) * AUDIO_PACKET_MS) / 1000;
  await expectCompleteRecording(ended, sentBefore, { seconds: talkedSeconds, within: 2 }, KILL_MS);
  await waitFor("the caller is notified of the end", NOTIFIED_LIMIT_MS, async () => !(await lost.page.isOpen()));
  await waitForGateways(2);

  // New calls go to the remaining gateways, and the recorder dials from the one with fewer calls.
  const next = await startCall(testBrowser);
  const busy = await gatewayOf(next, gateways);
  expect(living).toContain(busy);
  const called = await testBrowser.caller();
  await dial({ peerId: called.peerId });
  await called.page.called();
  await recordingCallOf(called.peerId);
  const idle = await gatewayOf(called, gateways);
  expect(idle).toBe(living.find((one) => one !== busy));

  await others[0].page.talk(CALL_SECONDS * 1000);
  for (const caller of others) await hangUp(caller);

  // Scale down: the stopped gateway ends its calls in order, and the remaining one keeps its calls.
  const upFor = await next.page.upFor();
  const scaledAt = Date.now();
  await scaleGateways(1, PORTS);
  await waitForGateways(1);
  const [left] = await gatewayContainers();
  let stopped = 0;
  for (const [caller, gateway] of [[next, busy] as const, [called, idle] as const]) {
    if (gateway.id === left?.id) {
      await hangUp(caller);
      continue;
    }
    stopped += 1;
    const { leg } = await readyCallOf(caller.peerId, scaledAt, PATIENCE_MS);
    expect(leg.reason).toBe("shutdown");
    if (caller === next) expect(leg.file?.durationSeconds).toBeGreaterThan(upFor / 1000 - 1);
  }
  expect(stopped).toBeGreaterThan(0);
  await expectNothingLeft();
});

async function hangUp({ page, peerId }: Caller): Promise<void> {
  const sent = await page.hangUp("close(true)");
  const length = { seconds: await page.lasted(), within: 1 };
  await expectCompleteRecording(await readyCallOf(peerId, Date.now(), PATIENCE_MS), sent, length);
}

async function startCall(testBrowser: TestBrowser): Promise<Caller> {
  const caller = await testBrowser.caller();
  await caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await recordingCallOf(caller.peerId);
  return caller;
}

/** The gateway of a caller's call, found by the published port and the address in its SDP answer. */
async function gatewayOf({ page }: Caller, gateways: readonly GatewayContainer[]): Promise<GatewayContainer> {
  const { named, used } = await page.otherSide();
  expect(named).toContain(used);
  const found = gateways.filter(
    ({ port, addresses }) =>
      named[0] === `127.0.0.1:${port}` && addresses.some((address) => named[1] === `${address}:${INNER_PORT}`),
  );
  expect(found, `${named} of ${JSON.stringify(gateways)}`).toHaveLength(1);
  return found[0] as GatewayContainer;
}

/** Waits until the orchestrator knows this many gateways and its peer is registered at each. */
async function waitForGateways(count: number): Promise<void> {
  let seen: unknown;
  await waitFor(
    `${count} gateways`,
    KNOWN_LIMIT_MS,
    async () => {
      const samples = [...(await scrape("orchestrator"))];
      seen = samples.filter(([name]) => /gateway_up|part_up/.test(name));
      const up = samples.filter(([name]) => name.startsWith("call_recorder_gateway_up")).map(([, value]) => value);
      const isRegistered = samples.some(
        ([name, value]) => name === 'call_recorder_part_up{part="peers"}' && value === 1,
      );
      return isRegistered && up.length === count && up.every((value) => value === 1);
    },
    () => seen,
  );
}

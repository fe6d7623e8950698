import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { Caller } from "../../services/skyway-webrtc-gateway/src/testing/caller.ts";
import { type Call, getCall, listCalls } from "../bundle/api.ts";
import { ORIGIN, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import {
  expectAllHealthy,
  expectCompleteRecording,
  expectNothingLeft,
  PATIENCE_MS,
  recordingCallOf,
} from "./expectations.ts";
import { newPeerId, openTestBrowser } from "./testBrowser.ts";

const OFFERS = 1_000;
/** The gateway holds at most a thousand calls at once. It does not announce further calls. */
const ANNOUNCED = 0.9 * OFFERS;
const PAGE_SIZE = "100";
const CALL_SECONDS = 6;
const REFUSED_LIMIT_MS = 90_000;

test("a caller that opens a thousand calls gets only a few, and disturbs no other caller", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  const { id } = await recordingCallOf(peerId);

  const flooder = newPeerId("flooder");
  {
    using caller = await Caller.open({ signalingOrigin: ORIGIN }, flooder);
    offerRepeatedly(caller);
    await page.talk(CALL_SECONDS * 1_000);
    const sent = await page.hangUp("close(true)");
    const endedAt = Date.now();
    const call = await waitFor("the call is ready", PATIENCE_MS, async () => {
      const seen = await getCall(id);
      return seen.state === "ready" && seen;
    });
    const [leg] = call.legs;
    if (!leg) throw new Error("the call has no leg");
    const ready = { call, leg, readyAfterMs: Date.now() - endedAt };
    await expectCompleteRecording(ready, sent, { seconds: CALL_SECONDS, within: 2 });
    await waitFor(
      "the refused calls are listed",
      REFUSED_LIMIT_MS,
      async () => (await callsOf(flooder)).length >= ANNOUNCED,
    );
  }
  const codes = await waitFor("the thousand calls are over", REFUSED_LIMIT_MS, async () => {
    const legs = (await callsOf(flooder)).flatMap((call) => call.legs);
    return legs.every(({ state }) => state === "failed") && legs.map(({ error }) => error?.code);
  });
  expect(codes.filter((code) => code === "TOO_MANY_FROM_PEER").length).toBeGreaterThan(0.9 * ANNOUNCED);
  await expectNothingLeft();
  await expectAllHealthy();
});

/** Sends the same offer a thousand times, each as a separate call. */
function offerRepeatedly(caller: Caller): void {
  const { socket } = caller;
  socket.onAnyOutgoing((event: string, body: object) => {
    if (event !== "SEND_OFFER") return;
    socket.offAnyOutgoing();
    for (let offer = 1; offer < OFFERS; offer += 1) socket.emit(event, { ...body, connectionId: `mc_${randomUUID()}` });
  });
  caller.call(RECORDER_PEER_ID);
}

async function callsOf(peerId: string): Promise<Call[]> {
  const found: Call[] = [];
  for (let cursor: string | undefined; ; ) {
    const { calls, nextCursor } = await listCalls({ limit: PAGE_SIZE, ...(cursor && { cursor }) });
    const own = calls.filter(({ legs }) => legs.some((leg) => leg.peerId === peerId));
    found.push(...own);
    if (!nextCursor || found.length >= ANNOUNCED) return found;
    cursor = nextCursor;
  }
}

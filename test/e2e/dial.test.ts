import { afterAll, beforeAll, expect, test } from "vitest";
import { dial, errorCode, getCall, request } from "../bundle/api.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectCompleteRecording, expectNothingLeft, PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 4;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

test("a page that the recorder calls is recorded completely", async () => {
  const { page, peerId } = await testBrowser.caller();
  const metadata = { call: newPeerId("conversation"), name: "Ada <b>" };

  const { callId, legId } = await dial({ peerId, metadata });
  expect(await page.called()).toEqual(metadata);
  await page.talk(CALL_SECONDS * 1000);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");

  const ready = await readyCallOf(peerId, endedAt);
  expect(ready.call.id).toBe(callId);
  expect(ready.leg).toMatchObject({ id: legId, dialled: true, metadata });
  await expectCompleteRecording(ready, sent, { seconds: CALL_SECONDS, within: 1 });
  await page.tab.close();
  await expectNothingLeft();
});

test("the leg of a peer that the recorder cannot reach states the reason", async () => {
  const [silent, declining] = await Promise.all([testBrowser.caller(), testBrowser.caller()]);
  await silent.page.whenCalled("ignore");
  await declining.page.whenCalled("decline");

  const outcomes = [
    outcome({ peerId: silent.peerId, answerWithinSeconds: 2 }),
    outcome({ peerId: declining.peerId }),
    outcome({ peerId: newPeerId("nobody") }),
  ];

  expect(await Promise.all(outcomes)).toEqual(["NO_ANSWER", "CALL_DECLINED", "PEER_NOT_THERE"]);
  await Promise.all([silent, declining].map(({ page }) => page.tab.close()));
  await expectNothingLeft();
});

test("a call that cannot be made is refused", async () => {
  const post = (order: object) =>
    request("/api/calls", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
    });
  expect(await errorCode(await post({}), 400)).toBe("BAD_PARAMETER");
  expect(await errorCode(await post({ peerId: RECORDER_PEER_ID }), 400)).toBe("BAD_PARAMETER");
  expect(await errorCode(await post({ peerId: "x", recorderPeerId: "nobody" }), 400)).toBe("BAD_PARAMETER");
});

/** The error code of the failed leg. */
async function outcome(order: object): Promise<string | undefined> {
  const { callId } = await dial(order);
  let seen: unknown;
  return waitFor(
    `an end of ${JSON.stringify(order)}`,
    PATIENCE_MS,
    async () => {
      const { legs } = await getCall(callId);
      seen = legs;
      return legs[0]?.error?.code;
    },
    () => seen,
  );
}

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { WebhookReceiver } from "../../orchestrator/src/testing/webhookReceiver.ts";
import { dial, removeAllCalls, request } from "../bundle/api.ts";
import { hostAddress } from "../bundle/hostAddress.ts";
import { serviceLog } from "../bundle/services.ts";
import { PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { configureWebhook, onEgress } from "../bundle/webhooks.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 2;
const SECRET = `whsec_${randomBytes(32).toString("base64")}`;
const EXPECTED_EVENTS = ["call.started", "leg.recording", "leg.ready", "call.ready", "film.ready"];
const FILM = "film: { enabled: true, minimumLegs: 1, graceSeconds: 0, format: opus }";

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

test("a receiver that fails three times gets every event after it recovers, even across a restart", async () => {
  await removeAllCalls();
  await using receiver = await WebhookReceiver.start(SECRET, await hostAddress());
  await using orchestrator = await configureWebhook(receiver.url, SECRET, FILM);

  expect(await onEgress()).toEqual({ internal: false, containers: [`${PROJECT}-orchestrator-1`] });

  let failures = 0;
  receiver.answer = () => (++failures <= 3 ? 500 : 204);
  const first = await recordCall();
  await expectEvents(receiver, first, EXPECTED_EVENTS);
  expect(receiver.types.slice(0, 4)).toEqual(Array(4).fill("call.started"));

  const { callId } = await dial({ peerId: newPeerId("nobody"), answerWithinSeconds: 1 });
  await expectEvents(receiver, callId, ["call.started", "leg.failed"]);

  receiver.answer = () => 503;
  const second = await recordCall();
  await waitFor("an event of the second call was sent", PATIENCE_MS, () => typesOf(receiver, second).length > 0);
  await orchestrator.restart();
  receiver.answer = () => 204;
  await expectEvents(receiver, second, EXPECTED_EVENTS);

  expect(receiver.refused).toEqual([]);
  const { messages } = Messages.parse(await (await request(`/api/webhooks/messages?callId=${second}`)).json());
  expect(messages.map(({ type }) => type)).toEqual(EXPECTED_EVENTS.toReversed());
  for (const { deliveries } of messages) expect(deliveries).toMatchObject([{ state: "delivered", lastStatus: 204 }]);

  const again = messages[0]?.id ?? "";
  expect((await request(`/api/webhooks/messages/${again}/resend`, { method: "POST" })).status).toBe(202);
  await waitFor(
    "an event was delivered twice",
    PATIENCE_MS,
    () => receiver.received.filter(({ body }) => body.id === again).length > 1,
  );

  const log = await serviceLog("orchestrator");
  expect(log).toContain("webhook delivered");
  expect(log).not.toContain("T0K3N");
  expect(log).not.toContain(SECRET.slice("whsec_".length));
});

async function recordCall(): Promise<string> {
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await page.talk(CALL_SECONDS * 1000);
  const endedAt = Date.now();
  await page.hangUp("close(true)");
  return (await readyCallOf(peerId, endedAt, PATIENCE_MS)).call.id;
}

const Body = z.object({
  data: z.union([z.object({ callId: z.string() }), z.object({ call: z.object({ id: z.string() }) })]),
});

const Messages = z.object({
  messages: z.array(z.object({ id: z.string(), type: z.string(), deliveries: z.array(z.unknown()) })),
});

/** The events received about a call, without duplicates. */
function typesOf(receiver: WebhookReceiver, callId: string): string[] {
  const bodies = new Map(receiver.received.map(({ body }) => [body.id, body]));
  return [...bodies.values()].filter((body) => callOf(body) === callId).map(({ type }) => type);
}

function callOf(body: unknown): string {
  const { data } = Body.parse(body);
  return "callId" in data ? data.callId : data.call.id;
}

function expectEvents(receiver: WebhookReceiver, callId: string, types: string[]): Promise<unknown> {
  const seen = () => typesOf(receiver, callId);
  return waitFor("all events were delivered in order", PATIENCE_MS, () => seen().join() === types.join(), seen);
}

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CallBook } from "../../archive/calls/callBook.ts";
import { Library } from "../../archive/library/library.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import { Paths } from "../../archive/library/paths.ts";
import { type CallId, newCallId, newLegId } from "../../ids.ts";
import { manifestOf, readyLeg, recordingLeg, ringingLeg } from "../../testing/manifests.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { WebhookReceiver } from "../../testing/webhookReceiver.ts";
import { Endpoint } from "./endpoint.ts";
import { Outbox } from "./outbox.ts";
import type { Message } from "./record.ts";
import { signingKey } from "./signature.ts";
import { WebhookMetrics } from "./webhookMetrics.ts";
import { Webhooks } from "./webhooks.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const LIMIT_MS = 5_000;
const SECOND_MS = 1_000;
const DAY_MS = 24 * 60 * 60_000;

let root: string;
let clock: ManualClock;
let receiver: WebhookReceiver;
let logged: string;
let instance: Instance;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "webhooks-"));
  // The reference library checks the timestamp.
  clock = new ManualClock(new Date().toISOString());
  receiver = await WebhookReceiver.start(SECRET);
  logged = "";
  instance = await startInstance();
});

afterEach(async () => {
  await instance.webhooks.close();
  await receiver[Symbol.asyncDispose]();
  await rm(root, { recursive: true, maxRetries: 3 });
});

interface Instance {
  calls: CallBook;
  library: Library;
  webhooks: Webhooks;
  metrics: Registry;
}

function keepLine(line: string): void {
  logged += line;
}

/** Webhooks of a newly started orchestrator on the same volume. */
async function startInstance(
  endpoints: ConstructorParameters<typeof Endpoint>[0][] = [{ name: "crm", ...toReceiver() }],
): Promise<Instance> {
  const log = pino({ level: "debug" }, { write: keepLine });
  const library = new Library(new Paths(root), log);
  const calls = new CallBook(library, clock);
  const metrics = new Registry();
  const webhooks = await Webhooks.start({
    endpoints: endpoints.map((options) => new Endpoint(options)),
    outbox: new Outbox(library.paths.webhooks, log),
    metrics: new WebhookMetrics(metrics),
    ...{ calls, clock, log },
  });
  return { calls, library, webhooks, metrics };
}

const toReceiver = () => ({ url: receiver.url, key: signingKey(SECRET) ?? Buffer.alloc(0) });

async function restart(endpoints?: Parameters<typeof startInstance>[0]): Promise<void> {
  await instance.webhooks.close();
  instance = await startInstance(endpoints);
}

/** Waits for a condition while the manual clock advances; files and sockets need real time. */
async function until(what: string, isSo: () => boolean | Promise<boolean>, stepMs = 0): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > end)
      throw new Error(`not within ${LIMIT_MS} ms: ${what}; ${JSON.stringify(receiver.types)}`);
    await clock.pass(stepMs, Math.max(1, stepMs));
    await delay(5);
  }
}

async function record(manifest: Manifest): Promise<void> {
  instance.calls.adopt(manifest);
  for (const leg of manifest.legs) await instance.calls.record(manifest.id, leg);
}

/** Records a whole call, from ringing to ready. */
async function wholeCall(): Promise<CallId> {
  const at = clock.now();
  const [id, leg] = [newCallId(at), newLegId(at)];
  for (const state of [ringingLeg, recordingLeg, readyLeg]) await record(manifestOf(id, at, state(at, leg)));
  return id;
}

const STORY = ["call.started", "leg.recording", "leg.ready", "call.ready"];

async function messages(): Promise<Message[]> {
  const found: Message[] = [];
  for await (const message of instance.webhooks.messages({})) found.push(message);
  return found;
}

const states = async () => (await messages()).flatMap(({ deliveries }) => deliveries.map(({ state }) => state));

/** Whether all four messages of a whole call have this state. */
async function allAre(state: string): Promise<boolean> {
  const seen = await states();
  return seen.length === STORY.length && seen.every((one) => one === state);
}

describe("a receiver", () => {
  test("gets all events of a call, in order and signed, each with its own id", async () => {
    const id = await wholeCall();
    await until("all messages arrived", () => receiver.received.length === 4);
    expect(receiver.types).toEqual(STORY);
    expect(receiver.refused).toEqual([]);
    const [started, , ready] = receiver.received.map(({ body }) => body);
    expect(started?.data).toMatchObject({ call: { id, state: "ringing", legs: [{ state: "ringing" }] } });
    expect(ready?.data).toMatchObject({ callId: id, leg: { state: "ready", file: { bytes: 4 } } });
    expect(new Set(receiver.received.map(({ body }) => body.id)).size).toBe(4);
    for (const { headers, body } of receiver.received) {
      expect(headers["webhook-id"]).toBe(body.id);
      expect(headers["content-type"]).toBe("application/json");
    }
    await until("all deliveries are stored", () => allAre("delivered"));
  });

  test("gets events published by others after the call's own events, even if deliveries fail in between", async () => {
    let failures = 0;
    receiver.answer = () => (++failures <= 3 ? 500 : 200);
    const callId = await wholeCall();
    const upload = { callId, remote: "s3:bucket", files: 2, bytes: 5_000 };
    const error = { code: "UPLOAD_FAILED", message: "no", hint: "none" };
    await instance.webhooks.publish(callId, { type: "upload.done", data: upload });
    await instance.webhooks.publish(callId, { type: "upload.failed", data: { callId, error } });
    await until("all messages arrived", () => receiver.received.length === 9, SECOND_MS);
    expect(receiver.types.slice(3)).toEqual([...STORY, "upload.done", "upload.failed"]);
    expect(receiver.received.slice(-2).map(({ body }) => body.data)).toEqual([upload, { callId, error }]);
    expect(receiver.refused).toEqual([]);
  });

  test("gets only the events that it is configured for", async () => {
    await restart([{ ...toReceiver(), events: ["call.ready"] }]);
    await wholeCall();
    await until("a message arrived", () => receiver.received.length > 0);
    expect(receiver.types).toEqual(["call.ready"]);
  });

  test("that fails three times gets all events in order after it recovers", async () => {
    let failures = 0;
    receiver.answer = () => (++failures <= 3 ? 500 : 200);
    await wholeCall();
    await until("all messages arrived", () => receiver.received.length === 7, SECOND_MS);
    expect(receiver.types).toEqual(["call.started", "call.started", "call.started", ...STORY]);
    expect(new Set(receiver.received.slice(0, 4).map(({ body }) => body.id)).size).toBe(1);
    await until("all deliveries are stored", () => allAre("delivered"));
    expect((await messages()).at(-1)?.deliveries[0]).toMatchObject({ attempts: 4, lastStatus: 200 });
  });

  test("that is unreachable is retried for 24 hours, then the next message is sent", async () => {
    await receiver[Symbol.asyncDispose]();
    await wholeCall();
    const first = async () => (await messages()).at(-1)?.deliveries[0];
    for (let attempts = 1; ; attempts += 1) {
      await until(`attempt ${attempts}`, async () => (await first())?.attempts === attempts);
      const { state, nextAttemptAt = "", lastError } = (await first()) ?? {};
      expect(lastError).toBe("ECONNREFUSED");
      if (state === "failed") break;
      const waitMs = Date.parse(nextAttemptAt) - clock.now().getTime();
      await clock.pass(waitMs, waitMs);
    }
    expect((await first())?.attempts).toBeGreaterThan(20);
    await until("the next message is tried", async () => ((await messages()).at(-2)?.deliveries[0]?.attempts ?? 0) > 0);
  });

  test("sets the time of the next attempt with Retry-After", async () => {
    receiver.answer = () => ({ status: 503, headers: { "retry-after": "120" } });
    await wholeCall();
    await until("a request was made", async () => (await messages()).at(-1)?.deliveries[0]?.attempts === 1);
    const delivery = (await messages()).at(-1)?.deliveries[0];
    expect(Date.parse(delivery?.nextAttemptAt ?? "") - clock.now().getTime()).toBe(120_000);
  });

  test("cannot redirect messages to another address", async () => {
    await using elsewhere = await WebhookReceiver.start(SECRET);
    receiver.answer = () => ({ status: 307, headers: { location: elsewhere.url } });
    await wholeCall();
    await until("a request was made", async () => (await messages()).at(-1)?.deliveries[0]?.lastStatus === 307);
    expect(elsewhere.received).toEqual([]);
  });

  test("that answers 410 gets no more messages, even after a restart, until it is enabled again", async () => {
    receiver.answer = () => 410;
    await wholeCall();
    await until("all deliveries are dropped", () => allAre("dropped"));
    await restart();
    await wholeCall();
    expect(instance.webhooks.list()).toMatchObject([{ name: "crm", state: "disabled", waiting: 0 }]);
    await until("the second call is known", async () => (await messages()).length === 8);
    expect(receiver.received).toHaveLength(1);

    receiver.answer = () => 200;
    await instance.webhooks.enable("crm");
    await wholeCall();
    await until("all messages of the third call arrived", () => receiver.received.length === 5);
  });

  test("that hangs does not delay another one", async () => {
    await using slow = await WebhookReceiver.start(SECRET);
    slow.answer = () => "silence";
    await restart([{ ...toReceiver() }, { url: slow.url, key: toReceiver().key }]);
    await wholeCall();
    await until("the other one got all messages", () => receiver.received.length === 4);
    expect(slow.types).toEqual(["call.started"]);
  });
});

describe("after a restart", () => {
  test("waiting messages are delivered in order", async () => {
    receiver.answer = () => 500;
    await wholeCall();
    await until("the first message was tried", () => receiver.received.length === 1);
    receiver.answer = () => 200;
    await restart();
    await until("all messages arrived", () => receiver.received.length === 5, SECOND_MS);
    expect(receiver.types.slice(1)).toEqual(STORY);
  });

  test("events that happened during the downtime are found in the manifests and published", async () => {
    const at = clock.now();
    const [id, leg] = [newCallId(at), newLegId(at)];
    await record(manifestOf(id, at, recordingLeg(at, leg)));
    // Deliveries that are not stored before the shutdown are repeated.
    await until(
      "the first two are delivered",
      async () => (await states()).filter((state) => state === "delivered").length === 2,
    );
    await instance.webhooks.close();
    await instance.library.writeManifest(manifestOf(id, at, readyLeg(at, leg)));
    const unseen = newCallId(clock.now());
    await instance.library.writeManifest(manifestOf(unseen, clock.now(), readyLeg(clock.now())));
    instance = await startInstance();
    await until("all messages of both calls arrived", () => receiver.received.length === 7);
    expect(receiver.types.toSorted()).toEqual([...STORY, "call.started", "leg.ready", "call.ready"].toSorted());
  });

  test("calls from before a receiver was configured are not published", async () => {
    await restart([]);
    await wholeCall();
    await restart();
    await wholeCall();
    await until("all messages of the later call arrived", () => receiver.received.length === 4);
    expect(await messages()).toHaveLength(4);
  });

  test("messages for a receiver that is no longer configured are dropped", async () => {
    receiver.answer = () => 500;
    await wholeCall();
    await until("the first message was tried", () => receiver.received.length === 1);
    await restart([{ name: "another", ...toReceiver() }]);
    expect(await states()).toEqual(["dropped", "dropped", "dropped", "dropped"]);
  });
});

describe("messages", () => {
  test("can be sent again with the same id and body", async () => {
    await wholeCall();
    await until("all messages arrived", () => receiver.received.length === 4);
    const id = receiver.received[2]?.body.id ?? "";
    await instance.webhooks.resend(id);
    await until("it arrived again", () => receiver.received.length === 5);
    expect(receiver.received[4]?.body).toEqual(receiver.received[2]?.body);
    await expect(instance.webhooks.resend(`${id.slice(0, -8)}00000000`)).rejects.toMatchObject({
      code: "WEBHOOK_MESSAGE_NOT_FOUND",
    });
    await expect(instance.webhooks.resend(id, "nobody")).rejects.toMatchObject({ code: "WEBHOOK_NOT_FOUND" });
  });

  test("that wait for their next attempt are sent at once when resent", async () => {
    receiver.answer = () => ({ status: 500, headers: { "retry-after": "3600" } });
    await wholeCall();
    await until("the first message was tried", async () => (await messages()).at(-1)?.deliveries[0]?.attempts === 1);
    receiver.answer = () => 200;
    await instance.webhooks.resend(receiver.received[0]?.body.id ?? "");
    await until("all messages arrived", () => receiver.received.length === 5);
  });

  test("of a removed call are removed", async () => {
    const id = await wholeCall();
    await until("all messages arrived", () => allAre("delivered"));
    await instance.webhooks.forget(id);
    expect(await messages()).toEqual([]);
  });

  test("are kept for a week", async () => {
    await wholeCall();
    await until("all messages arrived", () => allAre("delivered"));
    await clock.pass(6 * DAY_MS, 60 * 60_000);
    expect(await messages()).toHaveLength(4);
    await clock.pass(2 * DAY_MS, 60 * 60_000);
    await until("they are removed", async () => (await messages()).length === 0, 60 * 60_000);
  });
});

test("URLs and secrets are not in logs, on the volume, or in API views", async () => {
  receiver.answer = () => 500;
  const id = await wholeCall();
  await until("the first message was tried", () => receiver.received.length === 1);
  await receiver[Symbol.asyncDispose]();
  await until("an attempt failed", async () => logged.includes("ECONN"), SECOND_MS);
  const kept = await readFile(join(root, "state/webhooks/calls", `${id}.json`), "utf8");
  const shown = JSON.stringify([instance.webhooks.list(), await messages(), new Endpoint(toReceiver())]);
  for (const text of [logged, kept, shown]) {
    expect(text).not.toContain("T0K3N");
    expect(text).not.toContain(SECRET.slice(6));
  }
});

test("metrics count attempts and waiting messages", async () => {
  let failures = 0;
  receiver.answer = () => (++failures <= 1 ? 500 : 200);
  await wholeCall();
  await until("all messages arrived", () => allAre("delivered"), SECOND_MS);
  const text = await instance.metrics.metrics();
  expect(text).toContain('call_recorder_webhook_attempts_total{event="call.started",outcome="waiting"} 1');
  expect(text).toContain('call_recorder_webhook_attempts_total{event="call.ready",outcome="delivered"} 1');
  expect(text).toContain('call_recorder_webhook_messages_waiting{webhook="crm"} 0');
});

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
let life: Life;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "webhooks-"));
  // The reference library looks at the time.
  clock = new ManualClock(new Date().toISOString());
  receiver = await WebhookReceiver.start(SECRET);
  logged = "";
  life = await live();
});

afterEach(async () => {
  await life.webhooks.close();
  await receiver[Symbol.asyncDispose]();
  await rm(root, { recursive: true, maxRetries: 3 });
});

interface Life {
  calls: CallBook;
  library: Library;
  webhooks: Webhooks;
  metrics: Registry;
}

function keepLine(line: string): void {
  logged += line;
}

/** One life of an orchestrator on the same volume. */
async function live(
  endpoints: ConstructorParameters<typeof Endpoint>[0][] = [{ name: "crm", ...toReceiver() }],
): Promise<Life> {
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

async function restart(endpoints?: Parameters<typeof live>[0]): Promise<void> {
  await life.webhooks.close();
  life = await live(endpoints);
}

/** Lets virtual time pass in which something real happens: files and sockets know nothing of a manual clock. */
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
  life.calls.adopt(manifest);
  for (const leg of manifest.legs) await life.calls.record(manifest.id, leg);
}

/** A call from its first ring to its file. */
async function wholeCall(): Promise<CallId> {
  const at = clock.now();
  const [id, leg] = [newCallId(at), newLegId(at)];
  for (const state of [ringingLeg, recordingLeg, readyLeg]) await record(manifestOf(id, at, state(at, leg)));
  return id;
}

const STORY = ["call.started", "leg.recording", "leg.ready", "call.ready"];

async function messages(): Promise<Message[]> {
  const found: Message[] = [];
  for await (const message of life.webhooks.messages({})) found.push(message);
  return found;
}

const states = async () => (await messages()).flatMap(({ deliveries }) => deliveries.map(({ state }) => state));

/** Of the four messages of a whole call. */
async function allAre(state: string): Promise<boolean> {
  const seen = await states();
  return seen.length === STORY.length && seen.every((one) => one === state);
}

describe("a receiver", () => {
  test("is told all of a call, in order, signed, each message with an id and a time of its own", async () => {
    const id = await wholeCall();
    await until("all was told", () => receiver.received.length === 4);
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
    await until("all is written down", () => allAre("delivered"));
  });

  test("is told what others find out about a call after what went before, though it fails meanwhile", async () => {
    let failures = 0;
    receiver.answer = () => (++failures <= 3 ? 500 : 200);
    const callId = await wholeCall();
    const upload = { callId, remote: "s3:bucket", files: 2, bytes: 5_000 };
    const error = { code: "UPLOAD_FAILED", message: "no", hint: "none" };
    await life.webhooks.publish(callId, { type: "upload.done", data: upload });
    await life.webhooks.publish(callId, { type: "upload.failed", data: { callId, error } });
    await until("all was told", () => receiver.received.length === 9, SECOND_MS);
    expect(receiver.types.slice(3)).toEqual([...STORY, "upload.done", "upload.failed"]);
    expect(receiver.received.slice(-2).map(({ body }) => body.data)).toEqual([upload, { callId, error }]);
    expect(receiver.refused).toEqual([]);
  });

  test("is told only what it wants to know", async () => {
    await restart([{ ...toReceiver(), events: ["call.ready"] }]);
    await wholeCall();
    await until("it was told", () => receiver.received.length > 0);
    expect(receiver.types).toEqual(["call.ready"]);
  });

  test("that fails three times gets everything once it is back, in order", async () => {
    let failures = 0;
    receiver.answer = () => (++failures <= 3 ? 500 : 200);
    await wholeCall();
    await until("all was told", () => receiver.received.length === 7, SECOND_MS);
    expect(receiver.types).toEqual(["call.started", "call.started", "call.started", ...STORY]);
    expect(new Set(receiver.received.slice(0, 4).map(({ body }) => body.id)).size).toBe(1);
    await until("all is written down", () => allAre("delivered"));
    expect((await messages()).at(-1)?.deliveries[0]).toMatchObject({ attempts: 4, lastStatus: 200 });
  });

  test("that is not there is tried for a day, and what follows then has its turn", async () => {
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
    await until("what follows is tried", async () => ((await messages()).at(-2)?.deliveries[0]?.attempts ?? 0) > 0);
  });

  test("decides when it is asked again", async () => {
    receiver.answer = () => ({ status: 503, headers: { "retry-after": "120" } });
    await wholeCall();
    await until("it was asked", async () => (await messages()).at(-1)?.deliveries[0]?.attempts === 1);
    const delivery = (await messages()).at(-1)?.deliveries[0];
    expect(Date.parse(delivery?.nextAttemptAt ?? "") - clock.now().getTime()).toBe(120_000);
  });

  test("is not left for another by a redirect", async () => {
    await using elsewhere = await WebhookReceiver.start(SECRET);
    receiver.answer = () => ({ status: 307, headers: { location: elsewhere.url } });
    await wholeCall();
    await until("it was asked", async () => (await messages()).at(-1)?.deliveries[0]?.lastStatus === 307);
    expect(elsewhere.received).toEqual([]);
  });

  test("that says 410 is asked nothing more, over restarts, until it is taken into service again", async () => {
    receiver.answer = () => 410;
    await wholeCall();
    await until("it is disabled", () => allAre("dropped"));
    await restart();
    await wholeCall();
    expect(life.webhooks.list()).toMatchObject([{ name: "crm", state: "disabled", waiting: 0 }]);
    await until("the second call is known", async () => (await messages()).length === 8);
    expect(receiver.received).toHaveLength(1);

    receiver.answer = () => 200;
    await life.webhooks.enable("crm");
    await wholeCall();
    await until("all of the third was told", () => receiver.received.length === 5);
  });

  test("that hangs does not keep another one waiting", async () => {
    await using slow = await WebhookReceiver.start(SECRET);
    slow.answer = () => "silence";
    await restart([{ ...toReceiver() }, { url: slow.url, key: toReceiver().key }]);
    await wholeCall();
    await until("the other one was told all", () => receiver.received.length === 4);
    expect(slow.types).toEqual(["call.started"]);
  });
});

describe("after a restart", () => {
  test("what waited is told, in order", async () => {
    receiver.answer = () => 500;
    await wholeCall();
    await until("the first was tried", () => receiver.received.length === 1);
    receiver.answer = () => 200;
    await restart();
    await until("all was told", () => receiver.received.length === 5, SECOND_MS);
    expect(receiver.types.slice(1)).toEqual(STORY);
  });

  test("what happened while nobody looked is told: the manifests know", async () => {
    const at = clock.now();
    const [id, leg] = [newCallId(at), newLegId(at)];
    await record(manifestOf(id, at, recordingLeg(at, leg)));
    // What is not written down by the end is told again.
    await until("it began", async () => (await states()).filter((state) => state === "delivered").length === 2);
    await life.webhooks.close();
    await life.library.writeManifest(manifestOf(id, at, readyLeg(at, leg)));
    const unseen = newCallId(clock.now());
    await life.library.writeManifest(manifestOf(unseen, clock.now(), readyLeg(clock.now())));
    life = await live();
    await until("all of both was told", () => receiver.received.length === 7);
    expect(receiver.types.toSorted()).toEqual([...STORY, "call.started", "leg.ready", "call.ready"].toSorted());
  });

  test("calls from before there was a receiver are not told", async () => {
    await restart([]);
    await wholeCall();
    await restart();
    await wholeCall();
    await until("the later one was told", () => receiver.received.length === 4);
    expect(await messages()).toHaveLength(4);
  });

  test("what waits for a receiver that is configured no more is dropped", async () => {
    receiver.answer = () => 500;
    await wholeCall();
    await until("the first was tried", () => receiver.received.length === 1);
    await restart([{ name: "another", ...toReceiver() }]);
    expect(await states()).toEqual(["dropped", "dropped", "dropped", "dropped"]);
  });
});

describe("messages", () => {
  test("can be sent again: same id, same text", async () => {
    await wholeCall();
    await until("all was told", () => receiver.received.length === 4);
    const id = receiver.received[2]?.body.id ?? "";
    await life.webhooks.resend(id);
    await until("it came again", () => receiver.received.length === 5);
    expect(receiver.received[4]?.body).toEqual(receiver.received[2]?.body);
    await expect(life.webhooks.resend(`${id.slice(0, -8)}00000000`)).rejects.toMatchObject({
      code: "WEBHOOK_MESSAGE_NOT_FOUND",
    });
    await expect(life.webhooks.resend(id, "nobody")).rejects.toMatchObject({ code: "WEBHOOK_NOT_FOUND" });
  });

  test("that wait for their next attempt have it at once when asked for", async () => {
    receiver.answer = () => ({ status: 500, headers: { "retry-after": "3600" } });
    await wholeCall();
    await until("it was tried", async () => (await messages()).at(-1)?.deliveries[0]?.attempts === 1);
    receiver.answer = () => 200;
    await life.webhooks.resend(receiver.received[0]?.body.id ?? "");
    await until("all was told", () => receiver.received.length === 5);
  });

  test("of a call that is removed are gone", async () => {
    const id = await wholeCall();
    await until("all was told", () => allAre("delivered"));
    await life.webhooks.forget(id);
    expect(await messages()).toEqual([]);
  });

  test("are kept for a week", async () => {
    await wholeCall();
    await until("all was told", () => allAre("delivered"));
    await clock.pass(6 * DAY_MS, 60 * 60_000);
    expect(await messages()).toHaveLength(4);
    await clock.pass(2 * DAY_MS, 60 * 60_000);
    await until("they are gone", async () => (await messages()).length === 0, 60 * 60_000);
  });
});

test("neither an address nor a secret is in logs, on the volume, or in what is shown", async () => {
  receiver.answer = () => 500;
  const id = await wholeCall();
  await until("it was tried", () => receiver.received.length === 1);
  await receiver[Symbol.asyncDispose]();
  await until("it was tried in vain", async () => logged.includes("ECONN"), SECOND_MS);
  const kept = await readFile(join(root, "state/webhooks/calls", `${id}.json`), "utf8");
  const shown = JSON.stringify([life.webhooks.list(), await messages(), new Endpoint(toReceiver())]);
  for (const text of [logged, kept, shown]) {
    expect(text).not.toContain("T0K3N");
    expect(text).not.toContain(SECRET.slice(6));
  }
});

test("attempts and what waits are counted", async () => {
  let failures = 0;
  receiver.answer = () => (++failures <= 1 ? 500 : 200);
  await wholeCall();
  await until("all was told", () => allAre("delivered"), SECOND_MS);
  const text = await life.metrics.metrics();
  expect(text).toContain('call_recorder_webhook_attempts_total{event="call.started",outcome="waiting"} 1');
  expect(text).toContain('call_recorder_webhook_attempts_total{event="call.ready",outcome="delivered"} 1');
  expect(text).toContain('call_recorder_webhook_messages_waiting{webhook="crm"} 0');
});

import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { CallId } from "../../ids.ts";
import { drop, newDelivery } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import type { WebhookEvent } from "./events.ts";
import type { Outbox } from "./outbox.ts";
import { Postman } from "./postman.ts";
import { Receivers } from "./receivers.ts";
import { type CallRecord, callOf, hasWaiting, type Message, newMessageId } from "./record.ts";
import { KEEP_MS, Records } from "./records.ts";
import { dueEvents } from "./told.ts";
import type { WebhookMetrics } from "./webhookMetrics.ts";
import { type WebhookView, webhookViews } from "./webhookView.ts";

const TIDY_INTERVAL_MS = 60 * 60_000;

export interface WebhookSources {
  endpoints: readonly Endpoint[];
  calls: CallBook;
  outbox: Outbox;
  metrics: WebhookMetrics;
  clock: Clock;
  log: Logger;
}

/**
 * Tells receivers what happens to calls: each event at least once, in order within a call, tried again for a day, over
 * restarts. What is to be told is on the volume before it is sent, and what an earlier life did not get to is found by
 * comparing what was told with the manifests.
 */
export class Webhooks {
  readonly #sources: WebhookSources;
  readonly #receivers: Receivers;
  readonly #records: Records;
  readonly #postman: Postman;
  readonly #over = new AbortController();

  private constructor(sources: WebhookSources, receivers: Receivers) {
    this.#sources = sources;
    this.#receivers = receivers;
    this.#records = new Records(sources.outbox, sources.clock, sources.log);
    this.#postman = new Postman({ ...sources, receivers, records: this.#records });
  }

  /** To be called before the legs of an earlier life are taken up: their first change is told, too. */
  static async start(sources: WebhookSources): Promise<Webhooks> {
    const webhooks = new Webhooks(sources, await Receivers.read(sources));
    sources.metrics.watch(() => webhooks.list());
    if (sources.endpoints.length === 0) {
      await sources.outbox.end().catch((error) => sources.log.error({ err: error }, "webhooks not ended"));
      return webhooks;
    }
    await webhooks.#takeUp();
    sources.calls.on("change", (manifest) => void webhooks.#observe(manifest));
    void webhooks.#tidyNowAndThen();
    return webhooks;
  }

  /** Tells something of a call. Resolves when it is written down. */
  async publish(callId: CallId, event: WebhookEvent): Promise<void> {
    if (this.#receivers.all.length === 0) return;
    await this.#records.change(callId, (record) => this.#add(record, [event]));
    this.#postman.deliver(callId);
  }

  list(): WebhookView[] {
    return webhookViews(this.#receivers, this.#records.allHeld());
  }

  /** Messages, the newest call's first, and of a call the newest first; older than a given one. */
  async *messages({ callId, before }: { callId?: CallId; before?: string }): AsyncGenerator<Message> {
    const beforeCall = before === undefined ? undefined : callOf(before);
    for (const id of callId ? [callId] : await this.#records.callIds()) {
      if (beforeCall && id > beforeCall) continue;
      const messages = (await this.#records.read(id))?.messages.toReversed() ?? [];
      yield* messages.slice(id === beforeCall ? messages.findIndex((message) => message.id === before) + 1 : 0);
    }
  }

  /**
   * Sends a message again to one receiver, or to all that it was for.
   *
   * @throws RecorderError WEBHOOK_MESSAGE_NOT_FOUND, WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED
   */
  async resend(messageId: string, name?: string): Promise<Message> {
    const callId = callOf(messageId);
    const known = callId && (await this.#records.read(callId))?.messages.find(({ id }) => id === messageId);
    if (!callId || !known) throw new RecorderError("WEBHOOK_MESSAGE_NOT_FOUND", messageId.slice(0, 100));
    if (name !== undefined && !this.#receivers.isActive(this.#receivers.get(name).name)) {
      throw new RecorderError("WEBHOOK_DISABLED", name);
    }
    let sent = known;
    await this.#records.change(callId, ({ messages }) => {
      sent = messages.find(({ id }) => id === messageId) ?? sent;
      const former = sent.deliveries.map(({ webhook }) => webhook).filter((one) => this.#receivers.isActive(one));
      const again = new Set(name === undefined ? former : [name]);
      const now = this.#sources.clock.now();
      const others = sent.deliveries.filter(({ webhook }) => !again.has(webhook));
      sent.deliveries = [...others, ...[...again].map((webhook) => newDelivery(webhook, now, true))];
      return true;
    });
    this.#postman.deliver(callId, true);
    return sent;
  }

  /** Takes a receiver that said 410 into service again. @throws RecorderError WEBHOOK_NOT_FOUND */
  async enable(name: string): Promise<void> {
    await this.#receivers.enable(this.#receivers.get(name));
  }

  /** Removes all that was told of a call, and what was still to be told. */
  async forget(callId: CallId): Promise<void> {
    await this.#records.remove(callId);
    this.#postman.nudgeAll();
  }

  /** What is not delivered by now is left to the next start. */
  async close(): Promise<void> {
    this.#over.abort();
    this.#postman.close();
    await this.#records.written();
  }

  async #takeUp(): Promise<void> {
    const { calls, clock, log, outbox } = this.#sources;
    const began = await outbox.since();
    if (!began) await outbox.begin(clock.now()).catch((error) => log.error({ err: error }, "webhooks not begun"));
    for (const id of await outbox.callIds()) {
      const record = await outbox.read(id);
      if (!record || !hasWaiting(record)) continue;
      // The configuration may be another one now.
      await this.#records.change(id, (held) => drop(held, (webhook) => !this.#receivers.isActive(webhook)));
      this.#postman.deliver(id);
    }
    const horizon = Math.max(began?.getTime() ?? Number.POSITIVE_INFINITY, clock.now().getTime() - KEEP_MS);
    for await (const manifest of calls.all()) {
      if (Date.parse(manifest.startedAt) < horizon) break;
      await this.#observe(manifest);
    }
  }

  async #observe(manifest: Manifest): Promise<void> {
    const held = this.#records.held(manifest.id);
    // Counters of a leg change every second; that is nothing to tell.
    if (held && dueEvents(held.told, manifest).events.length === 0) return;
    await this.#records.change(manifest.id, (record) => {
      const { events, told } = dueEvents(record.told, manifest);
      record.told = told;
      return this.#add(record, events);
    });
    this.#postman.deliver(manifest.id);
  }

  #add(record: CallRecord, events: readonly WebhookEvent[]): boolean {
    const now = this.#sources.clock.now();
    for (const { type, data } of events) {
      const receivers = this.#receivers.all.filter((endpoint) => endpoint.wants(type));
      const deliveries = receivers.map(({ name }) => newDelivery(name, now, this.#receivers.isActive(name)));
      const id = newMessageId(record.callId);
      record.messages.push({ id, type, timestamp: now.toISOString(), data, deliveries });
    }
    return events.length > 0;
  }

  async #tidyNowAndThen(): Promise<void> {
    const { clock, log } = this.#sources;
    while (!this.#over.signal.aborted) {
      await this.#records.tidy().catch((error) => log.warn({ err: error }, "old webhook messages not tidied"));
      await clock.sleep(TIDY_INTERVAL_MS, this.#over.signal);
    }
  }
}

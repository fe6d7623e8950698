import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { CallId } from "../../ids.ts";
import { drop, newDelivery } from "./delivery.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Endpoint } from "./endpoint.ts";
import type { WebhookEvent } from "./events.ts";
import type { Outbox } from "./outbox.ts";
import { dueEvents } from "./publishedEvents.ts";
import { Receivers } from "./receivers.ts";
import { type CallRecord, callOf, hasWaiting, type Message, newMessageId } from "./record.ts";
import { KEEP_MS, Records } from "./records.ts";
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
 * Publishes the events of calls to receivers: each event at least once, in order within a call, with retries for 24
 * hours, also across restarts. Messages are written to the volume before they are sent. Events that a previous process
 * did not publish are found by comparing the published events with the manifests.
 */
export class Webhooks {
  readonly #sources: WebhookSources;
  readonly #receivers: Receivers;
  readonly #records: Records;
  readonly #dispatcher: Dispatcher;
  readonly #over = new AbortController();

  private constructor(sources: WebhookSources, receivers: Receivers) {
    this.#sources = sources;
    this.#receivers = receivers;
    this.#records = new Records(sources.outbox, sources.clock, sources.log);
    this.#dispatcher = new Dispatcher({ ...sources, receivers, records: this.#records });
  }

  /** Call this before the legs of a previous process are adopted, so that their first change is published too. */
  static async start(sources: WebhookSources): Promise<Webhooks> {
    const webhooks = new Webhooks(sources, await Receivers.read(sources));
    sources.metrics.watch(() => webhooks.list());
    if (sources.endpoints.length === 0) {
      await sources.outbox
        .stopPublishing()
        .catch((error) => sources.log.error({ err: error }, "the webhook start time could not be removed"));
      return webhooks;
    }
    await webhooks.#resume();
    sources.calls.on("change", (manifest) => void webhooks.#observe(manifest));
    void webhooks.#tidyPeriodically();
    return webhooks;
  }

  /** Publishes an event of a call. Resolves when it is written to the volume. */
  async publish(callId: CallId, event: WebhookEvent): Promise<void> {
    if (this.#receivers.all.length === 0) return;
    await this.#records.change(callId, (record) => this.#add(record, [event]));
    this.#dispatcher.deliver(callId);
  }

  list(): WebhookView[] {
    return webhookViews(this.#receivers, this.#records.allCached());
  }

  /** Messages, optionally of one call or older than a given one: newest call first, newest message of a call first. */
  async *messages({ callId, before }: { callId?: CallId; before?: string }): AsyncGenerator<Message> {
    const beforeCall = before === undefined ? undefined : callOf(before);
    for (const id of callId ? [callId] : await this.#records.callIds()) {
      if (beforeCall && id > beforeCall) continue;
      const messages = (await this.#records.read(id))?.messages.toReversed() ?? [];
      yield* messages.slice(id === beforeCall ? messages.findIndex((message) => message.id === before) + 1 : 0);
    }
  }

  /**
   * Sends a message again to one receiver, or to all of its receivers.
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
    this.#dispatcher.deliver(callId, true);
    return sent;
  }

  /** Enables a receiver that answered 410. @throws RecorderError WEBHOOK_NOT_FOUND */
  async enable(name: string): Promise<void> {
    await this.#receivers.enable(this.#receivers.get(name));
  }

  /** Removes all messages of a call, including those that wait. */
  async forget(callId: CallId): Promise<void> {
    await this.#records.remove(callId);
    this.#dispatcher.wakeAll();
  }

  /** Messages that are not delivered yet are delivered after the next start. */
  async close(): Promise<void> {
    this.#over.abort();
    this.#dispatcher.close();
    await this.#records.written();
  }

  async #resume(): Promise<void> {
    const { calls, clock, log, outbox } = this.#sources;
    const began = await outbox.publishingSince();
    if (!began)
      await outbox
        .startPublishing(clock.now())
        .catch((error) => log.error({ err: error }, "the webhook start time could not be written"));
    for (const id of await outbox.callIds()) {
      const record = await outbox.read(id);
      if (!record || !hasWaiting(record)) continue;
      // The configuration may have changed.
      await this.#records.change(id, (stored) => drop(stored, (webhook) => !this.#receivers.isActive(webhook)));
      this.#dispatcher.deliver(id);
    }
    const horizon = Math.max(began?.getTime() ?? Number.POSITIVE_INFINITY, clock.now().getTime() - KEEP_MS);
    for await (const manifest of calls.all()) {
      if (Date.parse(manifest.startedAt) < horizon) break;
      await this.#observe(manifest);
    }
  }

  async #observe(manifest: Manifest): Promise<void> {
    const cached = this.#records.cached(manifest.id);
    // A leg's counters change every second without any event.
    if (cached && dueEvents(cached.told, manifest).events.length === 0) return;
    await this.#records.change(manifest.id, (record) => {
      const { events, published } = dueEvents(record.told, manifest);
      record.told = published;
      return this.#add(record, events);
    });
    this.#dispatcher.deliver(manifest.id);
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

  async #tidyPeriodically(): Promise<void> {
    const { clock, log } = this.#sources;
    while (!this.#over.signal.aborted) {
      await this.#records
        .tidy()
        .catch((error) => log.warn({ err: error }, "old webhook messages could not be removed"));
      await clock.sleep(TIDY_INTERVAL_MS, this.#over.signal);
    }
  }
}

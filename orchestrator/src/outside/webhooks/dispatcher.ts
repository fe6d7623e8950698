import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { CallId } from "../../ids.ts";
import { Slots } from "../../slots.ts";
import { attempt } from "./attempt.ts";
import { afterAttempt, drop } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Receivers } from "./receivers.ts";
import { type Delivery, isWaiting, type Message, nextFor } from "./record.ts";
import type { Records } from "./records.ts";
import { WakeSignal } from "./wakeSignal.ts";
import type { WebhookMetrics } from "./webhookMetrics.ts";

/** Requests to one receiver at once. */
const CONCURRENT_REQUESTS = 8;

export interface DispatcherSources {
  receivers: Receivers;
  records: Records;
  metrics: WebhookMetrics;
  clock: Clock;
  log: Logger;
}

/** Delivers waiting messages to receivers: different calls in parallel, the messages of one call in order. */
export class Dispatcher {
  readonly #sources: DispatcherSources;
  readonly #slots = new Map<string, Slots>();
  readonly #wakeSignals = new Map<string, WakeSignal>();
  readonly #over = new AbortController();

  constructor(sources: DispatcherSources) {
    this.#sources = sources;
    for (const { name } of sources.receivers.all) this.#slots.set(name, new Slots(CONCURRENT_REQUESTS));
  }

  /** Starts delivering the waiting messages of a call. @param atOnce makes the next attempt now instead of waiting. */
  deliver(callId: CallId, atOnce = false): void {
    const record = this.#sources.records.cached(callId);
    for (const endpoint of this.#sources.receivers.all) {
      if (this.#over.signal.aborted || !record || !nextFor(record, endpoint.name)) continue;
      const key = `${endpoint.name} ${callId}`;
      const running = this.#wakeSignals.get(key);
      if (running) {
        if (atOnce) running.wake();
        continue;
      }
      const wakeSignal = new WakeSignal();
      this.#wakeSignals.set(key, wakeSignal);
      void this.#run(callId, endpoint, wakeSignal).finally(() => {
        this.#wakeSignals.delete(key);
        this.deliver(callId); // a message may have been added after the last check
      });
    }
  }

  /** Makes all waiting deliveries check their messages again. */
  wakeAll(): void {
    for (const wakeSignal of this.#wakeSignals.values()) wakeSignal.wake();
  }

  /** Messages that are not delivered yet are delivered after the next start. */
  close(): void {
    this.#over.abort();
    this.wakeAll();
  }

  async #run(callId: CallId, endpoint: Endpoint, wakeSignal: WakeSignal): Promise<void> {
    const { clock, receivers, records } = this.#sources;
    while (!this.#over.signal.aborted) {
      const { signal } = wakeSignal;
      const record = records.cached(callId);
      const next = record && nextFor(record, endpoint.name);
      if (!next) return;
      if (!receivers.isActive(endpoint.name)) {
        await records.change(callId, (record) => drop(record, (webhook) => webhook === endpoint.name));
        return;
      }
      const wait = Date.parse(next.delivery.nextAttemptAt ?? "") - clock.now().getTime();
      if (wait > 0) await clock.sleep(wait, signal);
      else await this.#slots.get(endpoint.name)?.use(() => this.#attempt(callId, next.message, endpoint));
    }
  }

  async #attempt(callId: CallId, message: Message, endpoint: Endpoint): Promise<void> {
    const { clock, receivers, records } = this.#sources;
    const began = clock.now();
    const outcome = await attempt(message, endpoint, began, this.#over.signal);
    // An attempt that our own shutdown cut off does not count; it is made again after the next start.
    if (this.#over.signal.aborted) return;
    if (outcome.kind === "gone") {
      await receivers.disable(endpoint);
      this.wakeAll();
    }
    await records.change(callId, ({ messages }) => {
      const deliveries = messages.find(({ id }) => id === message.id)?.deliveries ?? [];
      const index = deliveries.findIndex((one) => one.webhook === endpoint.name && isWaiting(one));
      const delivery = deliveries[index];
      if (!delivery) return false;
      const updated = afterAttempt(delivery, outcome, began, clock.now());
      deliveries[index] = updated;
      this.#report(message, updated);
      return true;
    });
  }

  #report({ id, type }: Message, { webhook, state, attempts, lastStatus: status, lastError: error }: Delivery): void {
    const { log, metrics } = this.#sources;
    metrics.attempted(type, state);
    const fields = { webhook, messageId: id, type, attempts, status, error };
    if (state === "delivered") log.info(fields, "webhook delivered");
    else log.warn({ code: "WEBHOOK_NOT_TAKEN", ...fields, state }, "webhook not delivered");
  }
}

import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { CallId } from "../../ids.ts";
import { Slots } from "../../slots.ts";
import { attempt } from "./attempt.ts";
import { afterAttempt, drop } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import { Lane } from "./lane.ts";
import type { Receivers } from "./receivers.ts";
import { type Delivery, isWaiting, type Message, nextFor } from "./record.ts";
import type { Records } from "./records.ts";
import type { WebhookMetrics } from "./webhookMetrics.ts";

/** A receiver that is slow does not get more than this at once. */
const AT_ONCE = 8;

export interface PostmanSources {
  receivers: Receivers;
  records: Records;
  metrics: WebhookMetrics;
  clock: Clock;
  log: Logger;
}

/** Carries what waits to its receivers: calls beside each other, the messages of one call one after another. */
export class Postman {
  readonly #sources: PostmanSources;
  readonly #slots = new Map<string, Slots>();
  readonly #lanes = new Map<string, Lane>();
  readonly #over = new AbortController();

  constructor(sources: PostmanSources) {
    this.#sources = sources;
    for (const { name } of sources.receivers.all) this.#slots.set(name, new Slots(AT_ONCE));
  }

  /** Has what waits of a call under way. @param atOnce what waits for its next attempt has it now. */
  deliver(callId: CallId, atOnce = false): void {
    const record = this.#sources.records.held(callId);
    for (const endpoint of this.#sources.receivers.all) {
      if (this.#over.signal.aborted || !record || !nextFor(record, endpoint.name)) continue;
      const key = `${endpoint.name} ${callId}`;
      const running = this.#lanes.get(key);
      if (running) {
        if (atOnce) running.nudge();
        continue;
      }
      const lane = new Lane();
      this.#lanes.set(key, lane);
      void this.#run(callId, endpoint, lane).finally(() => {
        this.#lanes.delete(key);
        this.deliver(callId); // something may have come between the last look and now
      });
    }
  }

  /** Looks again whether anything waits, wherever it slept. */
  nudgeAll(): void {
    for (const lane of this.#lanes.values()) lane.nudge();
  }

  /** What is not delivered by now is left to the next life. */
  close(): void {
    this.#over.abort();
    this.nudgeAll();
  }

  async #run(callId: CallId, endpoint: Endpoint, lane: Lane): Promise<void> {
    const { clock, receivers, records } = this.#sources;
    while (!this.#over.signal.aborted) {
      const { nudged } = lane;
      const record = records.held(callId);
      const next = record && nextFor(record, endpoint.name);
      if (!next) return;
      if (!receivers.isActive(endpoint.name)) {
        await records.change(callId, (held) => drop(held, (webhook) => webhook === endpoint.name));
        return;
      }
      const wait = Date.parse(next.delivery.nextAttemptAt ?? "") - clock.now().getTime();
      if (wait > 0) await clock.sleep(wait, nudged);
      else await this.#slots.get(endpoint.name)?.use(() => this.#attempt(callId, next.message, endpoint));
    }
  }

  async #attempt(callId: CallId, message: Message, endpoint: Endpoint): Promise<void> {
    const { clock, receivers, records } = this.#sources;
    const began = clock.now();
    const outcome = await attempt(message, endpoint, began, this.#over.signal);
    // Cut off by our own end, it counts as not tried: the next life does.
    if (this.#over.signal.aborted) return;
    if (outcome.kind === "gone") {
      await receivers.disable(endpoint);
      this.nudgeAll();
    }
    await records.change(callId, ({ messages }) => {
      const deliveries = messages.find(({ id }) => id === message.id)?.deliveries ?? [];
      const index = deliveries.findIndex((one) => one.webhook === endpoint.name && isWaiting(one));
      const delivery = deliveries[index];
      if (!delivery) return false;
      const noted = afterAttempt(delivery, outcome, began, clock.now());
      deliveries[index] = noted;
      this.#say(message, noted);
      return true;
    });
  }

  #say({ id, type }: Message, { webhook, state, attempts, lastStatus: status, lastError: error }: Delivery): void {
    const { log, metrics } = this.#sources;
    metrics.attempted(type, state);
    const fields = { webhook, messageId: id, type, attempts, status, error };
    if (state === "delivered") log.info(fields, "webhook delivered");
    else log.warn({ code: "WEBHOOK_NOT_TAKEN", ...fields, state }, "webhook not taken");
  }
}

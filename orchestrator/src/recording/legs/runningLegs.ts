import type { CallId, LegId } from "../../ids.ts";
import type { EndReason } from "./ending.ts";

interface RunningLeg {
  callId: CallId;
  stop: AbortController;
  done: Promise<void>;
}

/** The legs that are active in this process, so that they can be stopped and awaited. */
export class RunningLegs {
  readonly #running = new Map<LegId, RunningLeg>();
  #isClosing = false;

  /** Runs a leg; the signal aborts when it must end, with an EndReason. */
  run(callId: CallId, legId: LegId, record: (stop: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    if (this.#isClosing) stop.abort("shutdown" satisfies EndReason);
    const done = record(stop.signal).finally(() => this.#running.delete(legId));
    this.#running.set(legId, { callId, stop, done });
    return done;
  }

  /** Stops all legs. */
  stopAll(reason: EndReason): void {
    for (const { stop } of this.#running.values()) stop.abort(reason);
  }

  /** Stops all running legs of a call. @returns how many there were. */
  stopCall(callId: CallId): number {
    const legs = [...this.#running.values()].filter((leg) => leg.callId === callId);
    for (const { stop } of legs) stop.abort("stopped" satisfies EndReason);
    return legs.length;
  }

  /** Whether this call has a running leg. */
  isBusy(callId: CallId): boolean {
    return [...this.#running.values()].some((leg) => leg.callId === callId);
  }

  /**
   * Stops all legs and waits until their files are stored, or until `timeUp` settles.
   *
   * @returns whether all legs are finished; the next orchestrator continues with the others.
   */
  async close(timeUp: Promise<unknown>): Promise<boolean> {
    this.#isClosing = true;
    this.stopAll("shutdown");
    const all = Promise.allSettled([...this.#running.values()].map(({ done }) => done));
    return Promise.race([all.then(() => true), timeUp.then(() => false)]);
  }

  get size(): number {
    return this.#running.size;
  }
}

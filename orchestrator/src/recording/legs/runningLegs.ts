import type { CallId, LegId } from "../../ids.ts";
import type { EndReason } from "./ending.ts";

interface RunningLeg {
  callId: CallId;
  stop: AbortController;
  done: Promise<void>;
}

/** The legs whose story is being told right now, so that they can be ended and waited for. */
export class RunningLegs {
  readonly #running = new Map<LegId, RunningLeg>();
  #isClosing = false;

  /** Runs a leg's story; its signal says when it is to end, and why. */
  run(callId: CallId, legId: LegId, story: (stop: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    if (this.#isClosing) stop.abort("shutdown" satisfies EndReason);
    const done = story(stop.signal).finally(() => this.#running.delete(legId));
    this.#running.set(legId, { callId, stop, done });
    return done;
  }

  /** Asks all legs to end. */
  stopAll(reason: EndReason): void {
    for (const { stop } of this.#running.values()) stop.abort(reason);
  }

  /** Asks all running legs of a call to end. @returns how many there were. */
  stopCall(callId: CallId): number {
    const legs = [...this.#running.values()].filter((leg) => leg.callId === callId);
    for (const { stop } of legs) stop.abort("stopped" satisfies EndReason);
    return legs.length;
  }

  /** Whether the story of a leg of this call is being told. */
  isBusy(callId: CallId): boolean {
    return [...this.#running.values()].some((leg) => leg.callId === callId);
  }

  /**
   * Ends every leg and waits until the last file is kept, or time is up.
   *
   * @returns whether all are done; what is not is taken up by the next orchestrator.
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

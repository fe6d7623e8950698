/** Reports usually scatter by less, relative to the arrival of packets. */
const STEP_MS = 100;
/** Two reports that contradict arrivals by the same amount show a step. */
const SAME_STEP_MS = 50;
/** The least delay of this time is compared with: RTCP packets are also delayed one by one. */
const MEMORY_MS = 10_000;

/**
 * The wall clock of a sender, as its reports show it. One per connection. A clock that is set during a call does not
 * move what was recorded: the delay of reports changes at once, while packets arrive as before. Later times are
 * corrected by the step. A single report that arrivals contradict is not used.
 */
export class WallClock {
  /** The sum of all steps of the sender's clock. */
  #stepsMs = 0;
  /** Delays of the last reports: arrival minus the sender's time, without steps. */
  #delays: { delayMs: number; atMs: number }[] = [];
  /** By how much the last report contradicted arrivals. */
  #doubtMs: number | undefined;

  /**
   * @param senderMs the sender's time in a report, in milliseconds.
   * @param arrivalMs when the report arrived, on our clock.
   * @param networkChangeMs how much later the track's packets arrive now than in the last seconds.
   * @returns the sender's time without steps; undefined if arrivals contradict it.
   */
  read(senderMs: number, arrivalMs: number, networkChangeMs: number): number | undefined {
    const timeMs = senderMs - this.#stepsMs;
    const delayMs = arrivalMs - timeMs;
    const usualMs = this.#usualMs(arrivalMs);
    const deviationMs = usualMs === undefined ? 0 : unexplained(delayMs - usualMs, networkChangeMs);
    if (Math.abs(deviationMs) <= STEP_MS) {
      this.#doubtMs = undefined;
      this.#delays.push({ delayMs, atMs: arrivalMs });
      return timeMs;
    }
    const isStep = this.#doubtMs !== undefined && Math.abs(deviationMs - this.#doubtMs) <= SAME_STEP_MS;
    this.#doubtMs = isStep ? undefined : deviationMs;
    if (!isStep) return undefined;
    this.#stepsMs -= deviationMs;
    this.#delays.push({ delayMs: delayMs - deviationMs, atMs: arrivalMs });
    return timeMs + deviationMs;
  }

  #usualMs(nowMs: number): number | undefined {
    while (this.#delays.length > 1 && nowMs - (this.#delays[0] as { atMs: number }).atMs > MEMORY_MS) {
      this.#delays.shift();
    }
    if (this.#delays.length === 0) return undefined;
    return Math.min(...this.#delays.map(({ delayMs }) => delayMs));
  }
}

/** The change of a report's delay that the network does not explain; it may have changed before what is compared with. */
function unexplained(changeMs: number, networkChangeMs: number): number {
  const withoutNetworkMs = changeMs - networkChangeMs;
  return Math.abs(changeMs) < Math.abs(withoutNetworkMs) ? changeMs : withoutNetworkMs;
}

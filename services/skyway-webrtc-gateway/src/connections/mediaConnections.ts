import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { MediaTotals, type Totals } from "../metrics/mediaTotals.ts";
import type { MediaConnection } from "./mediaConnection.ts";

/** After its end a call's `tracks` can be read for so long, and CLOSE, if nobody has read it. */
export const ENDED_KEPT_MS = 10 * 60_000;
/** However many calls come and go, no more ended ones are kept. */
export const MAX_ENDED_KEPT = 2_000;

/** All media connections of the gateway by id, ended ones for a while. */
export class MediaConnections {
  /** What is known of all that have ended, forgotten ones too. */
  readonly ended = new MediaTotals();
  readonly #clock: Clock;
  readonly #all = new Map<string, MediaConnection>();
  /** Oldest first, each with what stops its timer. */
  readonly #ended = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(connection: MediaConnection): void {
    this.#all.set(connection.id, connection);
  }

  /** Finds ended ones too: whether an id is gone depends on what is asked of it. */
  find(id: string): MediaConnection | undefined {
    return this.#all.get(id);
  }

  /** Calls that have not ended. */
  get running(): number {
    return this.#all.size - this.#ended.size;
  }

  /** Of all calls there ever were. */
  totals(): Totals {
    const running = [...this.#all.values()].filter(({ id }) => !this.#ended.has(id));
    return this.ended.with(running.map((connection) => connection.tracks()));
  }

  /** Keeps an ended connection for a while. */
  retire(connection: MediaConnection): void {
    const { id, ended, hasConnected } = connection;
    if (ended) this.ended.add(connection.tracks(), ended.reason, hasConnected);
    this.#ended.set(
      id,
      this.#clock.after(ENDED_KEPT_MS, () => this.#forget(id)),
    );
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MAX_ENDED_KEPT) break;
      this.#forget(oldest);
    }
  }

  #forget(id: string): void {
    this.#ended.get(id)?.();
    this.#ended.delete(id);
    this.#all.delete(id);
  }
}

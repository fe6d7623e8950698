import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { MediaTotals, type Totals } from "../metrics/mediaTotals.ts";
import { EndedIds } from "./endedIds.ts";
import type { MediaConnection } from "./mediaConnection.ts";

/** All media connections of the gateway by id. Ended ones are kept for a while. */
export class MediaConnections {
  /** Totals of all ended calls, including forgotten ones. */
  readonly ended = new MediaTotals();
  readonly #all = new Map<string, MediaConnection>();
  readonly #endedIds: EndedIds;

  constructor(clock: Clock) {
    this.#endedIds = new EndedIds(clock, (id) => this.#all.delete(id));
  }

  add(connection: MediaConnection): void {
    this.#all.set(connection.id, connection);
  }

  /** Finds ended ones too: some requests are allowed after the end. */
  find(id: string): MediaConnection | undefined {
    return this.#all.get(id);
  }

  /** Calls that have not ended. */
  get running(): number {
    return this.#all.size - this.#endedIds.size;
  }

  /** Totals of all calls since the start. */
  totals(): Totals {
    const running = [...this.#all.values()].filter(({ id }) => !this.#endedIds.has(id));
    return this.ended.with(running.map((connection) => connection.tracks()));
  }

  /** Keeps an ended connection for a while. */
  retire(connection: MediaConnection): void {
    const { id, ended, hasConnected } = connection;
    if (ended) this.ended.add(connection.tracks(), ended.reason, hasConnected);
    this.#endedIds.add(id);
  }
}

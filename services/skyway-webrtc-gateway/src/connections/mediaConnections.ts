import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { MediaTotals, type Totals } from "../metrics/mediaTotals.ts";
import type { AdditionalConnection } from "./additionalConnection.ts";
import { EndedIds } from "./endedIds.ts";
import type { MediaConnection } from "./mediaConnection.ts";

/** All media connections of the gateway by id. Ended ones are kept for a while. */
export class MediaConnections {
  /** Totals of all ended calls, including forgotten ones. */
  readonly ended = new MediaTotals();
  readonly #all = new Map<string, MediaConnection>();
  readonly #additional = new Map<string, AdditionalConnection>();
  readonly #endedIds: EndedIds;
  readonly #endedAdditional: EndedIds;

  constructor(clock: Clock) {
    this.#endedIds = new EndedIds(clock, (id) => this.#all.delete(id));
    this.#endedAdditional = new EndedIds(clock, (id) => this.#additional.delete(id));
  }

  add(connection: MediaConnection): void {
    this.#all.set(connection.id, connection);
  }

  /** Additional tracks of a call are not counted as a call. */
  addAdditional(connection: AdditionalConnection): void {
    this.#additional.set(connection.id, connection);
  }

  /** Finds ended ones too: some requests are allowed after the end. */
  find(id: string): MediaConnection | AdditionalConnection | undefined {
    return this.#all.get(id) ?? this.#additional.get(id);
  }

  /** Calls that have not ended. */
  get running(): number {
    return this.#all.size - this.#endedIds.size;
  }

  /** Totals of all calls since the start. */
  totals(): Totals {
    const running = [
      ...[...this.#all.values()].filter(({ id }) => !this.#endedIds.has(id)),
      ...[...this.#additional.values()].filter(({ id }) => !this.#endedAdditional.has(id)),
    ];
    return this.ended.with(running.map((connection) => connection.tracks()));
  }

  /** Keeps an ended connection for a while. */
  retire(connection: MediaConnection): void {
    const { id, ended, hasConnected } = connection;
    if (ended) this.ended.add(connection.tracks(), ended.reason, hasConnected);
    this.#endedIds.add(id);
  }

  /** The same for ended additional tracks. */
  retireAdditional(connection: AdditionalConnection): void {
    this.ended.addTracks(connection.tracks());
    this.#endedAdditional.add(connection.id);
  }
}

import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { DataConnectionId, MediaConnectionId } from "../../ids.ts";
import type { Codecs } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/redirect.ts";
import type { CallOrder, DatagramAddress, Gateway, GatewayCalls } from "./gateway.ts";
import { gatewayOf } from "./qualifiedId.ts";

/** How often the list of gateways is refreshed. */
const CHECK_INTERVAL_MS = 1_000;

export interface GatewaySources {
  /** @param address undefined: any gateway behind the gateways' host name. */
  open(address: string | undefined): Gateway;
  /** Addresses of all running gateways. Throws if they cannot be determined. */
  addresses(): Promise<readonly string[]>;
}

/** All gateways of the bundle: a request for a connection goes to the gateway that has this connection. */
export class Gateways implements GatewayCalls {
  readonly #sources: GatewaySources;
  /** Includes gateways that have stopped: their legs are still being ended. */
  readonly #opened = new Map<string | undefined, Gateway>();
  #present: readonly string[] = [];

  constructor(sources: GatewaySources) {
    this.#sources = sources;
  }

  /** Addresses of the gateways that are known to run. */
  get present(): readonly string[] {
    return this.#present;
  }

  at(address: string | undefined): Gateway {
    const opened = this.#opened.get(address) ?? this.#sources.open(address);
    this.#opened.set(address, opened);
    return opened;
  }

  /** Refreshes the list of gateways, which may start and stop at any time, until `until` aborts. */
  async watch(onChange: (present: readonly string[]) => void, clock: Clock, log: Logger, until: AbortSignal) {
    while (!until.aborted) {
      // If the name cannot be resolved, the only gateway may be restarting: keep the previous list.
      const found = await this.#sources.addresses().catch(() => this.#present);
      const present = [...new Set(found)].sort();
      if (present.join() !== this.#present.join()) {
        log.info({ gateways: present }, "gateways changed");
        this.#present = present;
        onChange(present);
      }
      await clock.sleep(CHECK_INTERVAL_MS, until);
    }
  }

  /** The current problem; undefined if all running gateways are healthy. */
  async trouble(): Promise<string | undefined> {
    if (this.#present.length === 0) return "no gateway is running";
    const well = await Promise.all(this.#present.map((address) => this.at(address).isWell()));
    const unwell = this.#present.filter((_, index) => !well[index]);
    return unwell.length > 0 ? `${unwell.join(", ")} does not answer or is unhealthy` : undefined;
  }

  call(order: CallOrder, codecs: Codecs, redirect: RedirectTargets) {
    return this.at(order.from.gateway).call(order, codecs, redirect);
  }

  status(id: MediaConnectionId) {
    return this.#of(id).status(id);
  }

  offered(id: MediaConnectionId) {
    return this.#of(id).offered(id);
  }

  tracks(id: MediaConnectionId) {
    return this.#of(id).tracks(id);
  }

  answer(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets | undefined) {
    return this.#of(id).answer(id, codecs, redirect);
  }

  redirect(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets | undefined) {
    return this.#of(id).redirect(id, codecs, redirect);
  }

  switchAtKeyframe(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets) {
    return this.#of(id).switchAtKeyframe(id, codecs, redirect);
  }

  nextConnectionEvent(id: MediaConnectionId, until: AbortSignal) {
    return this.#of(id).nextConnectionEvent(id, until);
  }

  requestKeyframe(id: MediaConnectionId, redirect: RedirectTargets) {
    return this.#of(id).requestKeyframe(id, redirect);
  }

  hangUp(id: MediaConnectionId, reason?: string) {
    return this.#of(id).hangUp(id, reason);
  }

  dataStatus(id: DataConnectionId) {
    return this.#of(id).dataStatus(id);
  }

  receiveData(id: DataConnectionId, to: DatagramAddress) {
    return this.#of(id).receiveData(id, to);
  }

  nextDataEvent(id: DataConnectionId, until: AbortSignal) {
    return this.#of(id).nextDataEvent(id, until);
  }

  #of(id: string): Gateway {
    return this.at(gatewayOf(id));
  }
}

import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { GatewayError } from "../../errors.ts";
import { isWildcard } from "../../rtp/numericSocket.ts";
import type { Address } from "../../rtp/redirectSocket.ts";
import { isFrom, isStun, readBinding, writeCheck, writeSuccess } from "./binding.ts";
import type { IceCredentials } from "./liteAgent.ts";
import { NetworkPath } from "./networkPath.ts";

/** Above every candidate of the caller: these end at 126 · 2²⁴ + 2²⁴ (RFC 8445, section 5.1.2.1). */
const HIGHEST_PRIORITY = 2 ** 31 - 1;
/** Makes the library take the controlled role, whichever it had. */
const HIGHEST_TIE_BREAKER = 2n ** 64n - 1n;
/** The library checks a pair 50 ms after the last request. */
const CHECK_INTERVAL_MS = 200;
const CHECKS = 10;

/**
 * Acts as the caller towards the library, as if the caller had moved to a new address on this host. It knows the
 * credentials of both sides and nominates its own pair. From then on, all packets of the library go through it.
 */
export class InsidePeer {
  readonly #path: NetworkPath;
  readonly #library: IceCredentials;
  readonly #caller: IceCredentials;
  readonly #events: InsidePeerEvents;
  readonly #selected = Promise.withResolvers<void>();
  #isSelected = false;

  /**
   * @param mediaPort the library's address.
   * @param library the library's credentials in its first description.
   * @param caller the caller's.
   */
  constructor(mediaPort: Address, library: IceCredentials, caller: IceCredentials, events: InsidePeerEvents) {
    this.#library = library;
    this.#caller = caller;
    this.#events = events;
    const host = isWildcard(mediaPort.host) ? "127.0.0.1" : mediaPort.host;
    this.#path = new NetworkPath(host, 0, { host, port: mediaPort.port }, (datagram) => this.#receive(datagram));
  }

  /** The library must get this before `open`: it discovers at most 14 addresses without a candidate. */
  get candidate(): string {
    const { host, port } = this.#path.local;
    return `candidate:inside 1 UDP ${HIGHEST_PRIORITY} ${host} ${port} typ host`;
  }

  /**
   * Resolves once the library uses this pair.
   *
   * @throws GatewayError TRANSPORT_FAILED: the library ignores it.
   */
  async open(): Promise<void> {
    for (let sent = 0; sent < CHECKS && !this.#isSelected; sent++) {
      this.#path.send(this.#nomination());
      await Promise.race([this.#selected.promise, wait(CHECK_INTERVAL_MS)]);
    }
    if (!this.#isSelected) throw new GatewayError("TRANSPORT_FAILED", "ICE does not use the new pair");
  }

  /** Passes a packet from the caller on to the library. */
  send(datagram: Buffer): void {
    this.#path.send(datagram);
  }

  close(): void {
    this.#path.close();
  }

  #nomination(): Buffer {
    return writeCheck({
      transactionId: randomBytes(12),
      username: `${this.#library.iceUfrag}:${this.#caller.iceUfrag}`,
      password: this.#library.icePwd,
      priority: HIGHEST_PRIORITY,
      tieBreaker: HIGHEST_TIE_BREAKER,
      role: "controlling",
    });
  }

  #receive(datagram: Buffer): void {
    if (!isStun(datagram)) {
      this.#events.packet(datagram);
      return;
    }
    const binding = readBinding(datagram);
    if (binding?.type !== "request" || !isFrom(binding, this.#caller.icePwd)) return;
    if (!this.#isSelected) this.#events.selected();
    this.#path.send(writeSuccess(binding, this.#path.remote, this.#caller.icePwd));
    this.#isSelected = true;
    this.#selected.resolve();
  }
}

export interface InsidePeerEvents {
  /** The library knows this pair: it accepts packets from it, and will send to it next. Called once. */
  selected(): void;
  /** A packet for the caller. The receiver may keep the buffer. */
  packet(datagram: Buffer): void;
}

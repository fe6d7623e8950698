import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { GatewayError } from "../../errors.ts";
import { isWildcard } from "../../rtp/numericSocket.ts";
import type { Address } from "../../rtp/redirectSocket.ts";
import { isFrom, isStun, readBinding, writeCheck, writeSuccess } from "./binding.ts";
import type { IceCredentials } from "./liteAgent.ts";
import { NetworkPath } from "./networkPath.ts";

/** Above every candidate of the other side: theirs end at 126 · 2²⁴ + 2²⁴ (RFC 8445, section 5.1.2.1). */
const HIGHEST_PRIORITY = 2 ** 31 - 1;
/** The library takes the controlled role, whichever it had. */
const HIGHEST_TIE_BREAKER = 2n ** 64n - 1n;
/** The library checks a pair 50 ms after it was last asked to. */
const CHECK_INTERVAL_MS = 200;
const CHECKS = 10;

/**
 * What the library takes for the caller, who has come to a new address of the same host: it knows the credentials of both
 * sides, nominates its own pair, and from then on all that the library receives and sends goes by it.
 */
export class InsidePeer {
  readonly #path: NetworkPath;
  readonly #library: IceCredentials;
  readonly #caller: IceCredentials;
  readonly #events: InsidePeerEvents;
  readonly #taken = Promise.withResolvers<void>();
  #isTaken = false;

  /**
   * @param library what the library said of itself in the first description.
   * @param caller what the caller did.
   */
  constructor(place: Address, library: IceCredentials, caller: IceCredentials, events: InsidePeerEvents) {
    this.#library = library;
    this.#caller = caller;
    this.#events = events;
    const host = isWildcard(place.host) ? "127.0.0.1" : place.host;
    this.#path = new NetworkPath(host, 0, { host, port: place.port }, (datagram) => this.#receive(datagram));
  }

  /** To be given to the library before `open`: by itself it learns of so and so many addresses only, 14 of them. */
  get candidate(): string {
    const { host, port } = this.#path.local;
    return `candidate:inside 1 UDP ${HIGHEST_PRIORITY} ${host} ${port} typ host`;
  }

  /**
   * Resolves once the library goes by this pair.
   *
   * @throws GatewayError TRANSPORT_FAILED: it takes no notice.
   */
  async open(): Promise<void> {
    for (let sent = 0; sent < CHECKS && !this.#isTaken; sent++) {
      this.#path.send(this.#nomination());
      await Promise.race([this.#taken.promise, wait(CHECK_INTERVAL_MS)]);
    }
    if (!this.#isTaken) throw new GatewayError("TRANSPORT_FAILED", "ICE does not take the new pair");
  }

  /** What came from the caller. */
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
    if (!this.#isTaken) this.#events.taken();
    this.#path.send(writeSuccess(binding, this.#path.remote, this.#caller.icePwd));
    this.#isTaken = true;
    this.#taken.resolve();
  }
}

export interface InsidePeerEvents {
  /** The library knows of this pair: it takes what comes by it, and will send by it next. Called once. */
  taken(): void;
  /** Something for the caller. The buffer is the receiver's. */
  packet(datagram: Buffer): void;
}

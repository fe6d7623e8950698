import type { Logger } from "pino";
import { ERRORS } from "../errors.ts";
import { type Gateway, GatewayUnreachable, type PeerHandle, Refused } from "../gateway/gateway.ts";
import type { MediaConnectionId, PeerId } from "../ids.ts";
import { sleep } from "../legs/sleep.ts";
import type { TokenFile } from "./tokens.ts";

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/**
 * - `registering`: not yet, or again after the gateway or signalling was restarted
 * - `registered`: whoever calls this peer is recorded
 * - `refused`: the id is taken or the key unknown; tried again all the same
 */
export type PeerState = "registering" | "registered" | "refused";

/** Keeps one peer registered at the gateway for as long as this process lives, and reports who calls it. */
export class PeerKeeper {
  readonly peerId: PeerId;
  state: PeerState = "registering";
  readonly #gateway: Gateway;
  readonly #tokens: TokenFile;
  readonly #log: Logger;
  readonly #over = new AbortController();
  #peer: PeerHandle | undefined;

  constructor(peerId: PeerId, gateway: Gateway, tokens: TokenFile, log: Logger) {
    this.peerId = peerId;
    this.#gateway = gateway;
    this.#tokens = tokens;
    this.#log = log.child({ peerId });
  }

  /** Runs until `close()`. */
  async keep(onCall: (call: MediaConnectionId) => void): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#over.signal.aborted) {
      try {
        this.#peer = await this.#register();
        this.#changed("registered");
        retryMs = FIRST_RETRY_MS;
        await this.#follow(this.#peer, onCall);
      } catch (error) {
        if (this.#over.signal.aborted) return;
        this.#failed(error);
        await sleep(retryMs, this.#over.signal);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      }
    }
  }

  /** No more calls; the peer is taken off the gateway. */
  async close(): Promise<void> {
    this.#over.abort();
    if (this.#peer) await this.#gateway.deletePeer(this.#peer).catch(() => undefined);
  }

  /** The peer that an earlier life registered, if the gateway still has it; else a new one. */
  async #register(): Promise<PeerHandle> {
    const former = await this.#tokens.read(this.peerId);
    if (former && (await this.#gateway.peerExists(former))) return former;
    const peer = await this.#gateway.createPeer(this.peerId);
    await this.#tokens.write(peer);
    return peer;
  }

  async #follow(peer: PeerHandle, onCall: (call: MediaConnectionId) => void): Promise<void> {
    while (!this.#over.signal.aborted) {
      const event = await this.#gateway.nextPeerEvent(peer, this.#over.signal);
      if (event?.event === "CALL") onCall(event.mediaConnectionId);
      if (event?.event === "ERROR") this.#log.warn({ message: event.message }, "the gateway reports an error");
      if (event?.event === "CLOSE") return this.#changed("registering");
    }
  }

  #failed(error: unknown): void {
    if (error instanceof Refused) {
      const { message, hint } = ERRORS.PEER_REFUSED;
      if (this.state !== "refused") this.#log.error({ code: "PEER_REFUSED", reason: error.message, hint }, message);
      this.#changed("refused");
    } else {
      const unreachable = error instanceof GatewayUnreachable;
      if (this.state === "registered") this.#log.warn({ err: error }, unreachable ? "gateway lost" : "peer lost");
      this.#changed("registering");
    }
  }

  #changed(state: PeerState): void {
    if (this.state === state) return;
    this.state = state;
    this.#log.info({ state }, "peer");
  }
}

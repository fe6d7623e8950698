import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { ERRORS } from "../../errors.ts";
import type { DataConnectionId, MediaConnectionId, PeerId } from "../../ids.ts";
import type { Gateway, PeerEvent, PeerHandle } from "../gateway/gateway.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { TokenFile } from "./tokens.ts";

const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 5_000;
/** What a gateway reports when signalling does not give it the id, though it said yes at first. */
const REFUSALS = new Set(["UNAVAILABLE_ID", "INVALID_ID", "INVALID_KEY"]);

/**
 * - `registering`: not yet, or again after the gateway was restarted
 * - `registered`: whoever calls this peer is recorded
 * - `refused`: the id is taken or the key unknown; tried again all the same
 */
export type PeerState = "registering" | "registered" | "refused";

interface PeerKeeperOptions {
  gateway: Gateway;
  /** The gateway's address, where there may be several. */
  address?: string;
  /** What the gateway has to know before it can take the peer. */
  prepare?: () => Promise<void>;
  tokens: TokenFile;
  clock: Clock;
  log: Logger;
}

/** Keeps one peer registered at the gateway for as long as this process lives, and reports who calls it. */
export class PeerKeeper {
  readonly peerId: PeerId;
  #state: PeerState = "registering";
  readonly #options: PeerKeeperOptions;
  readonly #log: Logger;
  readonly #over = new AbortController();
  #peer: PeerHandle | undefined;

  constructor(peerId: PeerId, options: PeerKeeperOptions) {
    this.peerId = peerId;
    this.#options = options;
    this.#log = options.log.child({ peerId, ...(options.address !== undefined && { gateway: options.address }) });
  }

  /** Runs until `stop()`. */
  async keep(onCall: (call: MediaConnectionId) => void, onData = (_: DataConnectionId): void => {}): Promise<void> {
    const { signal } = this.#over;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        this.#peer = await this.#register();
        this.#changed("registered");
        pauseMs = FIRST_PAUSE_MS;
        await this.#follow(this.#peer, onCall, onData);
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      }
      await this.#options.clock.sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
    }
  }

  /** To call others by; undefined while it is not registered. */
  get handle(): PeerHandle | undefined {
    return this.#state === "registered" ? this.#peer : undefined;
  }

  /** What is wrong with it right now; undefined when whoever calls is recorded. */
  async trouble(): Promise<string | undefined> {
    if (this.#state !== "registered" || !this.#peer) return `${this.peerId} is ${this.#state}`;
    const status = await this.#options.gateway.peerStatus(this.#peer).catch(() => undefined);
    return status?.connected ? undefined : `${this.peerId} is registering`;
  }

  /** Takes no more calls; those that were taken go on. */
  stop(): void {
    this.#over.abort();
  }

  /** Takes the peer off the gateway, and with it every call of its that still goes on. */
  async remove(): Promise<void> {
    this.stop();
    if (!this.#peer) return;
    await this.#options.gateway.deletePeer(this.#peer).catch(() => undefined);
    await this.#options.tokens.remove(this.#peer).catch(() => undefined);
  }

  /** The peer that an earlier life registered, if the gateway still has it; else a new one. */
  async #register(): Promise<PeerHandle> {
    const { gateway, tokens, address, prepare } = this.#options;
    const former = await tokens.read(this.peerId, address);
    if (former && (await gateway.peerStatus(former))) return former;
    await prepare?.();
    const peer = await gateway.createPeer(this.peerId);
    await tokens.write(peer).catch((error) => this.#log.warn({ err: error }, "the peer's token is not kept"));
    return peer;
  }

  async #follow(
    peer: PeerHandle,
    onCall: (call: MediaConnectionId) => void,
    onData: (connection: DataConnectionId) => void,
  ): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const event = await this.#options.gateway.nextPeerEvent(peer, signal);
      if (event?.event === "CALL") onCall(event.mediaConnectionId);
      if (event?.event === "CONNECTION") onData(event.dataConnectionId);
      if (event?.event === "ERROR") this.#reported(event);
      if (event?.event === "OPEN") this.#changed("registered");
      if (event?.event === "CLOSE") return this.#changed("registering");
    }
  }

  #reported({ message }: Extract<PeerEvent, { event: "ERROR" }>): void {
    if (REFUSALS.has(message)) this.#refused(message);
    else this.#log.warn({ reason: message }, "the gateway reports an error");
  }

  #failed(error: unknown): void {
    if (isGatewayError(error, "REFUSED")) {
      this.#refused(error.message);
    } else {
      const lost = isGatewayError(error, "UNREACHABLE") ? "gateway lost" : "peer lost";
      if (this.#state === "registered") this.#log.warn({ err: error }, lost);
      this.#changed("registering");
    }
  }

  #refused(reason: string): void {
    const { message, hint } = ERRORS.PEER_REFUSED;
    if (this.#state !== "refused") this.#log.error({ code: "PEER_REFUSED", reason, hint }, message);
    this.#changed("refused");
  }

  #changed(state: PeerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#log.info({ state }, "peer");
  }
}

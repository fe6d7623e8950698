import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { ERRORS } from "../../errors.ts";
import type { DataConnectionId, MediaConnectionId, PeerId } from "../../ids.ts";
import type { Gateway, PeerEvent, PeerHandle } from "../gateway/gateway.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { TokenFile } from "./tokens.ts";

const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 5_000;
/** Errors of a gateway whose registration is refused by the signalling server after the gateway accepted it. */
const REFUSALS = new Set(["UNAVAILABLE_ID", "INVALID_ID", "INVALID_KEY"]);

/**
 * - `registering`: not registered yet, or registering again after a restart of the gateway
 * - `registered`: calls to this peer are recorded
 * - `refused`: the id is taken or the API key is unknown; registration is still retried
 */
export type PeerState = "registering" | "registered" | "refused";

interface PeerKeeperOptions {
  gateway: Gateway;
  /** The gateway's address, if there can be several gateways. */
  address?: string;
  /** Runs before each registration, to configure the gateway. */
  prepare?: () => Promise<void>;
  tokens: TokenFile;
  clock: Clock;
  log: Logger;
}

/** Keeps one peer registered at a gateway while this process runs, and reports incoming calls. */
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

  /** For outgoing calls; undefined while the peer is not registered. */
  get handle(): PeerHandle | undefined {
    return this.#state === "registered" ? this.#peer : undefined;
  }

  /** The current problem; undefined if calls to this peer are recorded. */
  async trouble(): Promise<string | undefined> {
    if (this.#state !== "registered" || !this.#peer) return `${this.peerId} is ${this.#state}`;
    const status = await this.#options.gateway.peerStatus(this.#peer).catch(() => undefined);
    return status?.connected ? undefined : `${this.peerId} is registering`;
  }

  /** Accepts no more calls; running calls continue. */
  stop(): void {
    this.#over.abort();
  }

  /** Removes the peer from the gateway, which ends all of its running calls. */
  async remove(): Promise<void> {
    this.stop();
    if (!this.#peer) return;
    await this.#options.gateway.deletePeer(this.#peer).catch(() => undefined);
    await this.#options.tokens.remove(this.#peer).catch(() => undefined);
  }

  /** Reuses the peer registered by an earlier process if the gateway still has it; otherwise creates a new one. */
  async #register(): Promise<PeerHandle> {
    const { gateway, tokens, address, prepare } = this.#options;
    const former = await tokens.read(this.peerId, address);
    if (former && (await gateway.peerStatus(former))) return former;
    await prepare?.();
    const peer = await gateway.createPeer(this.peerId);
    await tokens.write(peer).catch((error) => this.#log.warn({ err: error }, "the peer's token could not be saved"));
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
    this.#log.info({ state }, "peer state changed");
  }
}

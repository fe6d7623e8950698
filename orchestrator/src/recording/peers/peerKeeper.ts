import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { ERRORS } from "../../errors.ts";
import type { DataConnectionId, MediaConnectionId, PeerId } from "../../ids.ts";
import type { Gateway, PeerEvent, PeerHandle } from "../gateway/gateway.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import { outcomeOf } from "./refusedPeer.ts";
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
  /** Whether calls at this gateway are running. Default: always, so that a refused peer is never replaced. */
  isInUse?: () => boolean;
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
  #refusal: string | undefined;

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
      let wasAccepted = false;
      try {
        const peer = await this.#register();
        this.#peer = peer;
        wasAccepted = true;
        // After a refusal, acceptance by the gateway is not enough: the official one accepts any id at first.
        if (this.#state !== "refused" || (await this.#isConnected(peer))) this.#changed("registered");
        await this.#follow(peer, onCall, onData);
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      }
      if (wasAccepted && this.#state !== "refused") pauseMs = FIRST_PAUSE_MS;
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
    return (await this.#isConnected(this.#peer)) ? undefined : `${this.peerId} is registering`;
  }

  /** Why registration was refused, in the gateway's words; undefined if it is not refused now. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Accepts no more calls; running calls continue. */
  stop(): void {
    this.#over.abort();
  }

  /** Removes the peer from the gateway, which ends all of its running calls. */
  async remove(): Promise<void> {
    this.stop();
    if (!this.#peer) return;
    await this.#discard(this.#peer);
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

  /** Reads a peer's events until it is closed, lost, or given up because signalling refuses it. */
  async #follow(
    peer: PeerHandle,
    onCall: (call: MediaConnectionId) => void,
    onData: (connection: DataConnectionId) => void,
  ): Promise<void> {
    const { gateway } = this.#options;
    const givenUp = new AbortController();
    const until = AbortSignal.any([this.#over.signal, givenUp.signal]);
    let isChecked = false;
    const checkRefused = () => {
      if (isChecked || this.#state !== "refused") return;
      isChecked = true;
      void this.#isReplaceable(peer, until).then((isReplaceable) => {
        isChecked = false;
        if (isReplaceable) givenUp.abort();
      });
    };
    try {
      checkRefused();
      while (!until.aborted) {
        const event = await gateway.nextPeerEvent(peer, until);
        if (event?.event === "CALL") onCall(event.mediaConnectionId);
        if (event?.event === "CONNECTION") onData(event.dataConnectionId);
        if (event?.event === "ERROR") this.#reported(event);
        if (event?.event === "OPEN") this.#changed("registered");
        if (event?.event === "CLOSE") return this.#changed("registering");
        checkRefused();
      }
    } catch (error) {
      if (!givenUp.signal.aborted) throw error;
    } finally {
      givenUp.abort();
    }
    if (!this.#over.signal.aborted) await this.#discard(peer);
  }

  async #isReplaceable(peer: PeerHandle, until: AbortSignal): Promise<boolean> {
    const { gateway, clock, isInUse = () => true } = this.#options;
    const outcome = await outcomeOf(peer, { gateway, clock, isInUse }, until);
    // OPEN may have been read in the meantime.
    if (this.#state !== "refused") return false;
    if (outcome === "registered") this.#changed("registered");
    return outcome === "replaceable";
  }

  /** Removes a peer, so that its id can be registered again and its token is not reused. */
  async #discard(peer: PeerHandle): Promise<void> {
    const { gateway, tokens } = this.#options;
    await gateway.deletePeer(peer).catch(() => undefined);
    await tokens.remove(peer).catch(() => undefined);
  }

  async #isConnected(peer: PeerHandle): Promise<boolean> {
    const status = await this.#options.gateway.peerStatus(peer).catch(() => undefined);
    return status?.connected ?? false;
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
    this.#refusal = reason;
  }

  #changed(state: PeerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#refusal = undefined;
    this.#log.info({ state }, "peer state changed");
  }
}

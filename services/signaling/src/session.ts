import type { Logger } from "pino";
import { CredentialWatch } from "./credentialWatch.ts";
import { ERRORS, type ErrorCode, type ErrorSubject, errorMessage, SignalingError } from "./errors.ts";
import type { Link } from "./link.ts";
import type { PeerMessage } from "./messages.ts";
import type { Metrics } from "./metrics.ts";
import type { Peer } from "./peer.ts";
import { RateLimit } from "./rateLimit.ts";
import type { Admission, Introduction, Worlds } from "./worlds.ts";

/** One client, from its connection to its end, whatever protocol it speaks. */
export class Session {
  readonly #link: Link;
  readonly #worlds: Worlds;
  readonly #metrics: Metrics;
  readonly #rateLimit: RateLimit;
  readonly #credentialWatch: CredentialWatch;
  #log: Logger;
  #isRefused = false;
  #membership: { peer: Peer; admission: Admission } | undefined;

  constructor(link: Link, worlds: Worlds, metrics: Metrics, log: Logger) {
    this.#link = link;
    this.#worlds = worlds;
    this.#metrics = metrics;
    this.#log = log;
    this.#rateLimit = new RateLimit(worlds.clock.now());
    this.#credentialWatch = new CredentialWatch(worlds.clock, {
      onExpiring: (remainingS) => link.send({ event: "AUTH_EXPIRES_IN", body: remainingS }),
      onExpired: () => this.#refuse("AUTHENTICATION"),
    });
  }

  /** Registers the client, or tells it why not. */
  join(introduction: Introduction): void {
    this.guard(() => {
      const admission = this.#worlds.admit(introduction);
      const joined = admission.world.join(admission.peerId, admission.token, this.#link);
      if (joined instanceof Promise) {
        joined.then(
          (peer) => this.#joined(peer, admission),
          (error) => this.#failed(error),
        );
      } else this.#joined(joined, admission);
    });
  }

  /** Whether the client is registered: what it says before is nobody's. */
  get isMember(): boolean {
    return this.#membership !== undefined && !this.#isRefused;
  }

  pass(message: PeerMessage): void {
    if (!this.#membership) return;
    const { peer, admission } = this.#membership;
    this.#log.debug({ event: message.event, dst: message.body.dst, connectionId: message.body.connectionId }, "relay");
    this.#metrics.passed();
    admission.world.pass(peer, message);
  }

  /** @throws SignalingError AUTHENTICATION */
  renewCredential(credential: unknown): void {
    if (!this.#membership) return;
    const { peer, admission } = this.#membership;
    const expiresAtMs = this.#worlds.renew(admission.apiKey, peer.id, credential);
    if (expiresAtMs !== undefined) this.#credentialWatch.expireAt(expiresAtMs);
  }

  /** To be called for everything that comes in; a client that sends too much is ended. */
  count(bytes: number): void {
    if (!this.#rateLimit.admits(bytes, this.#worlds.clock.now())) this.#refuse("TOO_FAST");
  }

  /** Whatever a client sends ends at most that client. */
  guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param reason for the log. */
  ended(manner: "left" | "lost", reason: string): void {
    this.#credentialWatch.stop();
    if (!this.#membership) return;
    const { peer, admission } = this.#membership;
    this.#log.info({ reason }, manner === "left" ? "peer left" : "peer lost");
    admission.world.depart(peer, this.#link, manner);
  }

  /** The server stops: the client's end means nothing any more. */
  abandon(): void {
    this.#credentialWatch.stop();
    this.#membership = undefined;
  }

  #joined(peer: Peer, admission: Admission): void {
    this.#membership = { peer, admission };
    this.#log = this.#log.child({ peerId: peer.id });
    this.#log.info({ protocol: this.#link.protocol }, "peer registered");
    if (admission.expiresAtMs !== undefined) this.#credentialWatch.expireAt(admission.expiresAtMs);
  }

  #failed(error: unknown): void {
    if (error instanceof SignalingError) this.#refuse(error.code, error.about);
    else {
      this.#log.error({ err: error }, "signaling failed");
      this.#refuse("INTERNAL");
    }
  }

  #refuse(code: ErrorCode, about: ErrorSubject = {}): void {
    if (!this.#link.isOpen || this.#isRefused) return;
    this.#log.warn({ code, fault: ERRORS[code].fault, ...about }, "refused");
    this.#metrics.refused(code);
    this.#link.send({ event: "ERROR", body: errorMessage(code, about) });
    if (!ERRORS[code].closes) return;
    this.#isRefused = true;
    // Once what is above has been written: a transport that is closed at once takes it along.
    setImmediate(() => this.#link.close());
  }
}

import type { Logger } from "pino";
import { CredentialWatch } from "./credentialWatch.ts";
import { ERRORS, type ErrorCode, type ErrorSubject, errorMessage, SignalingError } from "./errors.ts";
import type { Link } from "./link.ts";
import type { PeerMessage } from "./messages.ts";
import type { Metrics } from "./metrics.ts";
import type { Peer } from "./peer.ts";
import { RateLimit } from "./rateLimit.ts";
import type { Admission, JoinRequest, Tenants } from "./tenants.ts";

/** One client from connection to disconnection, independent of its protocol. */
export class Session {
  readonly #link: Link;
  readonly #tenants: Tenants;
  readonly #metrics: Metrics;
  readonly #rateLimit: RateLimit;
  readonly #credentialWatch: CredentialWatch;
  #log: Logger;
  #isRefused = false;
  #membership: { peer: Peer; admission: Admission } | undefined;

  constructor(link: Link, tenants: Tenants, metrics: Metrics, log: Logger) {
    this.#link = link;
    this.#tenants = tenants;
    this.#metrics = metrics;
    this.#log = log;
    this.#rateLimit = new RateLimit(tenants.clock.now());
    this.#credentialWatch = new CredentialWatch(tenants.clock, {
      onExpiring: (remainingS) => link.send({ event: "AUTH_EXPIRES_IN", body: remainingS }),
      onExpired: () => this.#refuse("AUTHENTICATION"),
    });
  }

  /** Registers the client, or sends it an error. */
  join(joinRequest: JoinRequest): void {
    this.guard(() => {
      const admission = this.#tenants.admit(joinRequest);
      const joined = admission.tenant.join(admission.peerId, admission.token, this.#link);
      if (joined instanceof Promise) {
        joined.then(
          (peer) => this.#joined(peer, admission),
          (error) => this.#failed(error),
        );
      } else this.#joined(joined, admission);
    });
  }

  /** Whether the client is registered. Messages before that are ignored. */
  get isMember(): boolean {
    return this.#membership !== undefined && !this.#isRefused;
  }

  pass(message: PeerMessage): void {
    if (!this.#membership) return;
    const { peer, admission } = this.#membership;
    this.#log.debug({ event: message.event, dst: message.body.dst, connectionId: message.body.connectionId }, "relay");
    this.#metrics.passed();
    admission.tenant.pass(peer, message);
  }

  /** @throws SignalingError AUTHENTICATION */
  renewCredential(credential: unknown): void {
    if (!this.#membership) return;
    const { peer, admission } = this.#membership;
    const expiresAtMs = this.#tenants.renew(admission.apiKey, peer.id, credential);
    if (expiresAtMs !== undefined) this.#credentialWatch.expireAt(expiresAtMs);
  }

  /** To be called for all incoming data. A client that exceeds the rate limit is disconnected. */
  count(bytes: number): void {
    if (!this.#rateLimit.admits(bytes, this.#tenants.clock.now())) this.#refuse("TOO_FAST");
  }

  /** Runs `act` so that an error affects only this client. */
  guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param reason for the log. */
  ended(disconnectKind: "left" | "lost", reason: string): void {
    this.#credentialWatch.stop();
    if (!this.#membership) return;
    const { peer, admission } = this.#membership;
    this.#log.info({ reason }, disconnectKind === "left" ? "peer left" : "peer lost");
    admission.tenant.depart(peer, this.#link, disconnectKind);
  }

  /** To be called when the server stops: the disconnect must not be reported to other peers. */
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
    if (error instanceof SignalingError) {
      this.#refuse(error.code, error.about);
      if (error.offer && this.isMember) this.#membership?.admission.tenant.refuse(this.#membership.peer, error.offer);
    } else {
      this.#log.error({ err: error }, "internal error");
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
    // Close after the message was written. A transport that is closed immediately drops it.
    setImmediate(() => this.#link.close());
  }
}

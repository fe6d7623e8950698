import type { Logger } from "pino";
import type { Socket } from "socket.io";
import { CredentialWatch } from "../credentialWatch.ts";
import { ERRORS, type ErrorCode, type ErrorSubject, errorMessage, SignalingError } from "../errors.ts";
import type { Peer } from "../peer.ts";
import { RateLimit } from "../rateLimit.ts";
import type { Admission, Worlds } from "../worlds.ts";
import { isPeerMessage, parsePeerMessage } from "./clientMessages.ts";
import { SocketLink } from "./socketLink.ts";

/** One socket.io client, from its connection to its end. */
export class Session {
  readonly #socket: Socket;
  readonly #worlds: Worlds;
  readonly #link: SocketLink;
  readonly #rateLimit: RateLimit;
  readonly #credentialWatch: CredentialWatch;
  #log: Logger;
  #isRefused = false;
  #membership: { peer: Peer; admission: Admission } | undefined;

  constructor(socket: Socket, worlds: Worlds, log: Logger) {
    const { clock } = worlds;
    this.#socket = socket;
    this.#worlds = worlds;
    this.#log = log;
    this.#link = new SocketLink(socket, clock);
    this.#rateLimit = new RateLimit(clock.now());
    this.#credentialWatch = new CredentialWatch(clock, {
      onExpiring: (remainingS) => this.#link.send({ event: "AUTH_EXPIRES_IN", body: remainingS }),
      onExpired: () => this.#refuse("AUTHENTICATION"),
    });
  }

  start(): void {
    this.#socket.conn.on("packet", ({ data }: { data?: string | Buffer }) => this.#count(data?.length ?? 0));
    this.#socket.onAny((name: string, body: unknown) => this.#guard(() => this.#receive(name, body)));
    this.#guard(() => this.#join());
  }

  /** Asks a client for a sign of life, and gives it up if it shows none. */
  watch(): void {
    this.#link.watch();
  }

  ended(reason: string): void {
    this.#credentialWatch.stop();
    if (!this.#membership) return;
    const { peer, admission } = this.#membership;
    const manner = this.#link.manner(reason);
    this.#log.info({ reason }, manner === "left" ? "peer left" : "peer lost");
    admission.world.depart(peer, this.#link, manner);
  }

  /** The server stops: the client's end means nothing any more. */
  abandon(): void {
    this.#credentialWatch.stop();
    this.#membership = undefined;
  }

  #join(): void {
    const { apiKey, peerId, token, credential } = this.#socket.handshake.query;
    const admission = this.#worlds.admit({ apiKey, peerId, token, credential });
    const joined = admission.world.join(admission.peerId, admission.token, this.#link);
    if (joined instanceof Promise) {
      joined.then(
        (peer) => this.#joined(peer, admission),
        (error) => this.#failed(error),
      );
    } else this.#joined(joined, admission);
  }

  #joined(peer: Peer, admission: Admission): void {
    this.#membership = { peer, admission };
    this.#log = this.#log.child({ peerId: peer.id });
    this.#log.info({ protocol: this.#socket.conn.protocol, weighsLeave: this.#link.weighsLeave }, "peer registered");
    if (admission.expiresAtMs !== undefined) this.#credentialWatch.expireAt(admission.expiresAtMs);
  }

  #receive(name: string, body: unknown): void {
    if (!this.#membership || this.#isRefused) return;
    const { peer, admission } = this.#membership;
    if (isPeerMessage(name)) {
      const message = parsePeerMessage(name, body);
      this.#log.debug(
        { event: message.event, dst: message.body.dst, connectionId: message.body.connectionId },
        "relay",
      );
      admission.world.pass(peer, message);
    } else if (name === "UPDATE_CREDENTIAL") {
      const expiresAtMs = this.#worlds.renew(admission.apiKey, peer.id, body);
      if (expiresAtMs !== undefined) this.#credentialWatch.expireAt(expiresAtMs);
    } else if (name === "ROOM_JOIN") {
      throw new SignalingError("NO_ROOMS");
    }
    // PING has done its work by coming; anything else is of no concern here.
  }

  #count(bytes: number): void {
    if (this.#rateLimit.admits(bytes, this.#worlds.clock.now())) return;
    this.#refuse("TOO_FAST");
  }

  /** Whatever a client sends ends at most that client. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failed(error);
    }
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
    this.#link.send({ event: "ERROR", body: errorMessage(code, about) });
    if (!ERRORS[code].closes) return;
    this.#isRefused = true;
    // Once what is above has been written: a transport that is closed at once takes it along.
    setImmediate(() => this.#link.close());
  }
}

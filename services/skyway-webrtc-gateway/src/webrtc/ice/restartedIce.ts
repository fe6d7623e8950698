import { randomBytes } from "node:crypto";
import type { Address } from "../../rtp/redirectSocket.ts";
import type { MediaPort } from "../mediaPort.ts";
import { isStun, readBinding, writeCheck } from "./binding.ts";
import { InsidePeer } from "./insidePeer.ts";
import { type IceCredentials, LiteAgent, MAX_GENERATIONS } from "./liteAgent.ts";
import { NetworkPath } from "./networkPath.ts";

/** Each pair of addresses that a caller checks is a path. */
const MAX_PATHS = 32;
/** A caller that has sent nothing for this long has gone (RFC 7675, section 5.1). */
export const CONSENT_MS = 30_000;
const CONSENT_INTERVAL_MS = 1_000;
/** A caller may have nothing to send: at most this much of the silence before the restart counts. */
const MAX_SILENCE_MS = 3_000;
const CHECK_REPEAT_MS = 100;
/** The priority of a peer-reflexive candidate (RFC 8445, section 7.1.1). */
const PRIORITY = 110 * 2 ** 24 + 255;

/** The ICE credentials of the first descriptions. */
export interface FirstDescription {
  library: IceCredentials;
  caller: IceCredentials;
}

/** The library's connection, which is taken over. */
export interface Library {
  first: FirstDescription;
  /** How long the caller has been silent. */
  silentMs: number;
  addCandidate(candidate: string): void;
  /** The caller now sends from another address. */
  moved(): void;
  /** The caller has gone. Called once. The library does not notice this, because it communicates with us. */
  lost(): void;
}

/**
 * Restarts ICE for a connection whose library cannot: libjuice keeps the credentials that it began with. DTLS and SRTP
 * continue unchanged (RFC 8842, section 5.4). An agent of our own communicates with the caller with the new credentials,
 * over paths that receive the caller's packets on the media port. An `InsidePeer` communicates with the library with the
 * old credentials. Each packet passes through this class, but only in calls whose ICE was restarted.
 */
export class RestartedIce {
  readonly #port: MediaPort;
  readonly #agent: LiteAgent<NetworkPath>;
  readonly #inside: InsidePeer;
  readonly #moved: () => void;
  readonly #consent: NodeJS.Timeout;
  readonly #paths = new Map<string, NetworkPath>();
  readonly #stopExpecting: (() => void)[] = [];
  #theirs: IceCredentials | undefined;
  /** Paths with a request that the library received and dropped. */
  readonly #unanswered = new Set<NetworkPath>();
  #lastPacketMs: number;

  /** @param current the caller's address, according to the library. */
  private constructor(port: MediaPort, { first, silentMs, moved, lost }: Library, current: Address | undefined) {
    const { library, caller } = first;
    this.#port = port;
    this.#moved = moved;
    this.#lastPacketMs = performance.now() - Math.min(silentMs, MAX_SILENCE_MS);
    this.#consent = setInterval(() => {
      if (performance.now() - this.#lastPacketMs < CONSENT_MS) return;
      clearInterval(this.#consent);
      lost();
    }, CONSENT_INTERVAL_MS).unref();
    this.#agent = new LiteAgent(library);
    this.#inside = new InsidePeer({ host: port.bindAddress, port: port.number }, library, caller, {
      selected: () => {
        if (current) this.#agent.begin(this.#open(current), performance.now());
      },
      packet: (datagram) => this.#agent.path?.send(datagram),
    });
  }

  /**
   * Takes the connection over from the library, with its current path. The caller does not notice this.
   *
   * @throws GatewayError TRANSPORT_FAILED
   */
  static async begin(port: MediaPort, library: Library, current: Address | undefined): Promise<RestartedIce> {
    await port.share();
    const ice = new RestartedIce(port, library, current);
    try {
      library.addCandidate(ice.#inside.candidate);
      await ice.#inside.open();
      return ice;
    } catch (error) {
      ice.close();
      throw error;
    }
  }

  /** @returns our new credentials. */
  restart(): IceCredentials {
    const credentials = { iceUfrag: randomText(UFRAG_BYTES), icePwd: randomText(PWD_BYTES) };
    this.#agent.restart(credentials);
    this.#theirs = undefined;
    this.#stopExpecting.push(this.#port.expect(credentials.iceUfrag, (from) => this.#requestFrom(from)));
    if (this.#stopExpecting.length > MAX_GENERATIONS) this.#stopExpecting.shift()?.();
    return credentials;
  }

  /** Sets the caller's new credentials, and checks the paths whose request came earlier. */
  setRemote(theirs: IceCredentials): void {
    this.#theirs = theirs;
    for (const path of this.#unanswered) this.#checkBack(path);
  }

  #requestFrom(from: Address): void {
    const path = this.#open(from);
    this.#unanswered.add(path);
    this.#checkBack(path);
  }

  /**
   * The request that opened a path was lost. A browser repeats it only after all other pairs, seconds later. But it repeats
   * it at once when it receives a check itself: a triggered check (RFC 8445, section 7.3.1.4).
   */
  #checkBack(path: NetworkPath): void {
    if (!this.#theirs) return;
    const check = writeCheck({
      transactionId: randomBytes(12),
      username: `${this.#theirs.iceUfrag}:${this.#agent.credentials.iceUfrag}`,
      password: this.#theirs.icePwd,
      priority: PRIORITY,
      tieBreaker: 0n,
      role: "controlled",
    });
    path.send(check);
    setTimeout(() => this.#unanswered.has(path) && path.send(check), CHECK_REPEAT_MS).unref();
  }

  close(): void {
    clearInterval(this.#consent);
    for (const stop of this.#stopExpecting) stop();
    for (const path of this.#paths.values()) path.close();
    this.#paths.clear();
    this.#unanswered.clear();
    this.#inside.close();
  }

  #open(remote: Address): NetworkPath {
    const key = `${remote.host} ${remote.port}`;
    const known = this.#paths.get(key);
    if (known) return known;
    if (this.#paths.size >= MAX_PATHS) this.#closeOldest();
    const path = new NetworkPath(this.#port.bindAddress, this.#port.number, remote, (datagram) =>
      this.#receive(datagram, path),
    );
    this.#paths.set(key, path);
    return path;
  }

  #closeOldest(): void {
    for (const [key, path] of this.#paths) {
      if (path === this.#agent.path) continue;
      path.close();
      this.#unanswered.delete(path);
      this.#paths.delete(key);
      return;
    }
  }

  #receive(datagram: Buffer, path: NetworkPath): void {
    const nowMs = performance.now();
    if (!isStun(datagram)) {
      this.#agent.received(path, nowMs);
      if (path === this.#agent.path) this.#lastPacketMs = nowMs;
      this.#inside.send(datagram);
      return;
    }
    const binding = readBinding(datagram);
    const before = this.#agent.path;
    const reply = binding && this.#agent.receive(binding, path, path.remote, nowMs);
    if (reply === undefined) return;
    if (this.#agent.path !== before) this.#moved();
    this.#lastPacketMs = nowMs;
    this.#unanswered.delete(path);
    path.send(reply);
  }
}

/** RFC 8839, section 5.4 requires at least 24 and 128 random bits. base64 has exactly the characters that it allows. */
const UFRAG_BYTES = 6;
const PWD_BYTES = 18;

function randomText(bytes: number): string {
  return randomBytes(bytes).toString("base64");
}

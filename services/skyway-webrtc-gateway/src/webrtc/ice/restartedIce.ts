import { randomBytes } from "node:crypto";
import type { Address } from "../../rtp/redirectSocket.ts";
import type { MediaPort } from "../mediaPort.ts";
import { isStun, readBinding, writeCheck } from "./binding.ts";
import { InsidePeer } from "./insidePeer.ts";
import { type IceCredentials, LiteAgent, MAX_GENERATIONS } from "./liteAgent.ts";
import { NetworkPath } from "./networkPath.ts";

/** A caller has some addresses, and so have we; each pair that it checks is a path. */
const MAX_PATHS = 32;
/** A caller of which nothing was heard for so long has gone (RFC 7675, section 5.1). */
export const CONSENT_MS = 30_000;
const CONSENT_LOOK_MS = 1_000;
/** Who sends nothing is silent by right: not more than this counts of the time before. */
const MAX_SILENCE_MS = 3_000;
const ASK_AGAIN_MS = 100;
/** Of a peer-reflexive candidate, if it should become one (RFC 8445, section 7.1.1). */
const PRIORITY = 110 * 2 ** 24 + 255;

/** What the two sides said of themselves at first. */
export interface FirstDescription {
  library: IceCredentials;
  caller: IceCredentials;
}

/** The connection that is taken over. */
export interface Library {
  first: FirstDescription;
  /** For how long nothing has come from the caller. */
  silentMs: number;
  addCandidate(candidate: string): void;
  /** The caller comes from elsewhere now. */
  moved(): void;
  /** The caller has gone. Called once; the library does not notice, since it speaks to us. */
  lost(): void;
}

/**
 * ICE, restarted, of a connection whose library cannot restart it: libjuice holds to the credentials that it began with.
 * So that DTLS and SRTP go on as they are (RFC 8842, section 5.4), an agent of our own speaks to the caller with the new
 * credentials, by paths that take the caller's packets off the media port; the library is spoken to with the old ones, by
 * an `InsidePeer`. It costs a pass through here for each packet, and only of calls whose ICE was restarted.
 */
export class RestartedIce {
  readonly #port: MediaPort;
  readonly #agent: LiteAgent<NetworkPath>;
  readonly #inside: InsidePeer;
  readonly #moved: () => void;
  readonly #consent: NodeJS.Timeout;
  readonly #paths = new Map<string, NetworkPath>();
  readonly #unexpect: (() => void)[] = [];
  #theirs: IceCredentials | undefined;
  /** Ways that a request has come by, which went to the library and was lost. */
  readonly #unanswered = new Set<NetworkPath>();
  #heardMs: number;

  /** @param current where the caller is, by the library's last word. */
  private constructor(port: MediaPort, { first, silentMs, moved, lost }: Library, current: Address | undefined) {
    const { library, caller } = first;
    this.#port = port;
    this.#moved = moved;
    this.#heardMs = performance.now() - Math.min(silentMs, MAX_SILENCE_MS);
    this.#consent = setInterval(() => {
      if (performance.now() - this.#heardMs < CONSENT_MS) return;
      clearInterval(this.#consent);
      lost();
    }, CONSENT_LOOK_MS).unref();
    this.#agent = new LiteAgent(library);
    this.#inside = new InsidePeer({ host: port.bindAddress, port: port.number }, library, caller, {
      taken: () => {
        if (current) this.#agent.begin(this.#open(current), performance.now());
      },
      packet: (datagram) => this.#agent.path?.send(datagram),
    });
  }

  /**
   * Takes the connection over from the library, with the path that it has. The caller notices nothing yet.
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

  /** Our credentials from now on. */
  restart(): IceCredentials {
    const credentials = { iceUfrag: randomText(UFRAG_BYTES), icePwd: randomText(PWD_BYTES) };
    this.#agent.restart(credentials);
    this.#theirs = undefined;
    this.#unexpect.push(this.#port.expect(credentials.iceUfrag, (from) => this.#isAskedFrom(from)));
    if (this.#unexpect.length > MAX_GENERATIONS) this.#unexpect.shift()?.();
    return credentials;
  }

  /** The caller's, as soon as they are known: those who were heard before are asked back then. */
  setRemote(theirs: IceCredentials): void {
    this.#theirs = theirs;
    for (const path of this.#unanswered) this.#askBack(path);
  }

  #isAskedFrom(from: Address): void {
    const path = this.#open(from);
    this.#unanswered.add(path);
    this.#askBack(path);
  }

  /**
   * The request that opened a path was lost. A browser asks again only after all other pairs, seconds later, or at once
   * when it is asked itself: a triggered check (RFC 8445, section 7.3.1.4).
   */
  #askBack(path: NetworkPath): void {
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
    setTimeout(() => this.#unanswered.has(path) && path.send(check), ASK_AGAIN_MS).unref();
  }

  close(): void {
    clearInterval(this.#consent);
    for (const unexpect of this.#unexpect) unexpect();
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
      this.#agent.heard(path, nowMs);
      if (path === this.#agent.path) this.#heardMs = nowMs;
      this.#inside.send(datagram);
      return;
    }
    const binding = readBinding(datagram);
    const before = this.#agent.path;
    const reply = binding && this.#agent.receive(binding, path, path.remote, nowMs);
    if (reply === undefined) return;
    if (this.#agent.path !== before) this.#moved();
    this.#heardMs = nowMs;
    this.#unanswered.delete(path);
    path.send(reply);
  }
}

/** RFC 8839, section 5.4 asks for 24 and 128 bits of randomness at least; base64 has just the characters it allows. */
const UFRAG_BYTES = 6;
const PWD_BYTES = 18;

function randomText(bytes: number): string {
  return randomBytes(bytes).toString("base64");
}

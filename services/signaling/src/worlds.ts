import { type Clock, wallClock } from "@skyway-call-recorder/process/clock.ts";
import { parseCredential, verifyCredential } from "./credential.ts";
import { SignalingError } from "./errors.ts";
import { ApiKey, generateToken, PeerId, Token } from "./ids.ts";
import { World } from "./world.ts";

/** What a client says of itself when it connects, whatever its protocol calls it. */
export interface Introduction {
  apiKey: unknown;
  peerId: unknown;
  token: unknown;
  /** JSON text. */
  credential: unknown;
}

/** A client that may register. */
export interface Admission {
  apiKey: ApiKey;
  world: World;
  /** Absent: it is given one. */
  peerId: PeerId | undefined;
  token: Token;
  /** Absent: its key asks for no credentials. */
  expiresAtMs: number | undefined;
}

/** Every API key is a world of its own. */
export class Worlds {
  readonly #worlds = new Map<ApiKey, World>();
  readonly #secretKeys: ReadonlyMap<ApiKey, string>;
  readonly clock: Clock;

  /** @param secretKeys keys whose peers must bring credentials, with the secret that signs them. */
  constructor(apiKeys: Iterable<ApiKey>, secretKeys: ReadonlyMap<ApiKey, string>, clock: Clock = wallClock) {
    this.clock = clock;
    this.#secretKeys = secretKeys;
    for (const apiKey of apiKeys) this.#worlds.set(apiKey, new World(clock));
  }

  /** @throws SignalingError INVALID_KEY, INVALID_ID, AUTHENTICATION. */
  admit(introduction: Introduction): Admission {
    const apiKey = ApiKey.safeParse(introduction.apiKey).data;
    const world = apiKey && this.#worlds.get(apiKey);
    if (!apiKey || !world) throw new SignalingError("INVALID_KEY");
    const wanted = PeerId.optional().safeParse(introduction.peerId || undefined);
    if (!wanted.success) throw new SignalingError("INVALID_ID");
    const peerId = wanted.data;
    const token = Token.safeParse(introduction.token).data ?? generateToken();
    const credential = parseCredential(introduction.credential);
    return { apiKey, world, peerId, token, expiresAtMs: this.#verify(apiKey, peerId, credential) };
  }

  /**
   * @returns when the credential runs out, or undefined where the key asks for none.
   * @throws SignalingError AUTHENTICATION
   */
  renew(apiKey: ApiKey, peerId: PeerId, credential: unknown): number | undefined {
    return this.#verify(apiKey, peerId, credential);
  }

  find(apiKey: string): World | undefined {
    return this.#worlds.get(apiKey as ApiKey);
  }

  get size(): number {
    let size = 0;
    for (const world of this.#worlds.values()) size += world.connectedIds().length;
    return size;
  }

  #verify(apiKey: ApiKey, peerId: PeerId | undefined, credential: unknown): number | undefined {
    const secretKey = this.#secretKeys.get(apiKey);
    if (secretKey === undefined) return undefined;
    // The id is inside the signature, so a peer that does not name one cannot have been let in.
    if (peerId === undefined) throw new SignalingError("AUTHENTICATION");
    return verifyCredential(credential, peerId, secretKey, this.clock.now());
  }
}

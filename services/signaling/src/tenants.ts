import { type Clock, wallClock } from "@skyway-call-recorder/process/clock.ts";
import { parseCredential, verifyCredential } from "./credential.ts";
import { SignalingError } from "./errors.ts";
import { ApiKey, generateToken, PeerId, Token } from "./ids.ts";
import { Tenant } from "./tenant.ts";

/** Values that a client sends when it connects, independent of its protocol. */
export interface JoinRequest {
  apiKey: unknown;
  peerId: unknown;
  token: unknown;
  /** JSON text. */
  credential: unknown;
}

/** Result of a successful check: the client may register. */
export interface Admission {
  apiKey: ApiKey;
  tenant: Tenant;
  /** Absent: the client receives a generated id. */
  peerId: PeerId | undefined;
  token: Token;
  /** Absent: the key requires no credentials. */
  expiresAtMs: number | undefined;
}

/** All API keys. Each key is a separate tenant. */
export class Tenants {
  readonly #tenants = new Map<ApiKey, Tenant>();
  readonly #secretKeys: ReadonlyMap<ApiKey, string>;
  readonly clock: Clock;

  /** @param secretKeys keys whose peers must send a credential, with the secret that signs it. */
  constructor(apiKeys: Iterable<ApiKey>, secretKeys: ReadonlyMap<ApiKey, string>, clock: Clock = wallClock) {
    this.clock = clock;
    this.#secretKeys = secretKeys;
    for (const apiKey of apiKeys) this.#tenants.set(apiKey, new Tenant(clock));
  }

  /** @throws SignalingError INVALID_KEY, INVALID_ID, AUTHENTICATION. */
  admit(joinRequest: JoinRequest): Admission {
    const apiKey = ApiKey.safeParse(joinRequest.apiKey).data;
    const tenant = apiKey && this.#tenants.get(apiKey);
    if (!apiKey || !tenant) throw new SignalingError("INVALID_KEY");
    const wanted = PeerId.optional().safeParse(joinRequest.peerId || undefined);
    if (!wanted.success) throw new SignalingError("INVALID_ID");
    const peerId = wanted.data;
    const token = Token.safeParse(joinRequest.token).data ?? generateToken();
    const credential = parseCredential(joinRequest.credential);
    return { apiKey, tenant, peerId, token, expiresAtMs: this.#verify(apiKey, peerId, credential) };
  }

  /**
   * @returns expiry time of the credential; undefined if the key requires none.
   * @throws SignalingError AUTHENTICATION
   */
  renew(apiKey: ApiKey, peerId: PeerId, credential: unknown): number | undefined {
    return this.#verify(apiKey, peerId, credential);
  }

  find(apiKey: string): Tenant | undefined {
    return this.#tenants.get(apiKey as ApiKey);
  }

  get size(): number {
    let size = 0;
    for (const tenant of this.#tenants.values()) size += tenant.connectedIds().length;
    return size;
  }

  #verify(apiKey: ApiKey, peerId: PeerId | undefined, credential: unknown): number | undefined {
    const secretKey = this.#secretKeys.get(apiKey);
    if (secretKey === undefined) return undefined;
    // The signature includes the id, so a request without an id cannot have a valid credential.
    if (peerId === undefined) throw new SignalingError("AUTHENTICATION");
    return verifyCredential(credential, peerId, secretKey, this.clock.now());
  }
}

import type { Timer } from "./clock.ts";
import type { PeerId, Token } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { Link } from "./link.ts";

/** A client under its id. It outlives its link for a moment, so that a broken one can be replaced. */
export class Peer {
  readonly id: PeerId;
  readonly token: Token;
  link: Link | undefined;
  /** Runs while there is no link. */
  grace: Timer | undefined;
  readonly #acquaintances = new Set<PeerId>();

  constructor(id: PeerId, token: Token, link: Link) {
    this.id = id;
    this.token = token;
    this.link = link;
  }

  /** Peers that this one has exchanged messages with: they are told when it leaves. */
  get acquaintances(): Iterable<PeerId> {
    return this.#acquaintances;
  }

  remember(id: PeerId): void {
    if (id === this.id || this.#acquaintances.has(id)) return;
    if (this.#acquaintances.size >= LIMITS.acquaintances) {
      for (const oldest of this.#acquaintances) {
        this.#acquaintances.delete(oldest);
        break;
      }
    }
    this.#acquaintances.add(id);
  }

  forget(id: PeerId): void {
    this.#acquaintances.delete(id);
  }
}

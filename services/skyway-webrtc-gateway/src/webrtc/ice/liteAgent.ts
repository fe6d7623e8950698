import type { Address } from "../../rtp/redirectSocket.ts";
import { type Binding, isFrom, writeRoleConflict, writeSuccess } from "./binding.ts";

export interface IceCredentials {
  iceUfrag: string;
  icePwd: string;
}

/** Whoever restarts more often than that has long forgotten the first. */
export const MAX_GENERATIONS = 4;

/** The path in use is left for one of a lower priority only after nothing has come by it for so long. */
export const QUIET_MS = 2_000;

interface Chosen<Path> {
  path: Path;
  generation: number;
  priority: number;
  heardMs: number;
}

/**
 * An ICE-lite agent (RFC 8445, sections 2.5 and 7.3): it answers checks, and goes by what the other side nominates. Each
 * restart begins a generation, with credentials of its own; former ones are answered until they are not asked any more.
 */
export class LiteAgent<Path> {
  /** In the order of their generations, the last of which is the one that runs. */
  readonly #credentials: IceCredentials[];
  #generation = 0;
  #chosen: Chosen<Path> | undefined;

  constructor(first: IceCredentials) {
    this.#credentials = [first];
  }

  /** The path that is in use; undefined until one was nominated. */
  get path(): Path | undefined {
    return this.#chosen?.path;
  }

  /** The path that was in use when this agent began. */
  begin(path: Path, nowMs: number): void {
    this.#chosen = { path, generation: 0, priority: 0, heardMs: nowMs };
  }

  restart(credentials: IceCredentials): void {
    this.#generation += 1;
    this.#credentials.push(credentials);
    if (this.#credentials.length > MAX_GENERATIONS) this.#credentials.shift();
  }

  /** Those of the generation that runs. */
  get credentials(): IceCredentials {
    return this.#credentials.at(-1) as IceCredentials;
  }

  /** To be told of everything that comes but STUN. */
  heard(path: Path, nowMs: number): void {
    if (this.#chosen?.path === path) this.#chosen.heardMs = nowMs;
  }

  /** @returns the answer; undefined: there is none, since it is no request, or from somebody who does not know our password. */
  receive(binding: Binding, path: Path, from: Address, nowMs: number): Buffer | undefined {
    if (binding.type !== "request" || binding.username === undefined) return undefined;
    const [receiver] = binding.username;
    const index = this.#credentials.findIndex(({ iceUfrag }) => iceUfrag === receiver);
    const password = this.#credentials[index]?.icePwd;
    if (password === undefined || !isFrom(binding, password)) return undefined;
    const generation = this.#generation - (this.#credentials.length - 1 - index);
    this.heard(path, nowMs);
    // A lite agent is always the controlled one.
    if (binding.role === "controlled") return writeRoleConflict(binding, password);
    const wanted = { path, generation, priority: binding.priority, heardMs: nowMs };
    if (binding.nominates && this.#prefers(wanted)) this.#chosen = wanted;
    return writeSuccess(binding, from, password);
  }

  /** Some agents nominate every pair that they check: the best one counts (RFC 8445, section 8.1.1), as long as it lives. */
  #prefers(wanted: Chosen<Path>): boolean {
    const current = this.#chosen;
    if (current === undefined || current.path === wanted.path) return true;
    if (wanted.generation !== current.generation) return wanted.generation > current.generation;
    return wanted.priority > current.priority || wanted.heardMs - current.heardMs > QUIET_MS;
  }
}

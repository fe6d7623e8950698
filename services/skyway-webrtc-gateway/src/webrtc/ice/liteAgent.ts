import type { Address } from "../../rtp/redirectSocket.ts";
import { type Binding, isFrom, writeRoleConflict, writeSuccess } from "./binding.ts";

export interface IceCredentials {
  iceUfrag: string;
  icePwd: string;
}

/** A caller that has restarted this often no longer uses the first credentials. */
export const MAX_GENERATIONS = 4;

/** A path with a lower priority is used only after the current one has been silent for this long. */
export const QUIET_MS = 2_000;

interface Chosen<Path> {
  path: Path;
  generation: number;
  priority: number;
  lastPacketMs: number;
}

/**
 * An ICE-lite agent (RFC 8445, sections 2.5 and 7.3): it answers checks, and uses the path that the other side nominates.
 * Each restart begins a generation with its own credentials. Checks with former credentials are still answered.
 */
export class LiteAgent<Path> {
  /** Ordered by generation. The last one is current. */
  readonly #credentials: IceCredentials[];
  #generation = 0;
  #chosen: Chosen<Path> | undefined;

  constructor(first: IceCredentials) {
    this.#credentials = [first];
  }

  /** The path in use; undefined until one is nominated. */
  get path(): Path | undefined {
    return this.#chosen?.path;
  }

  /** Sets the path that was in use before this agent. */
  begin(path: Path, nowMs: number): void {
    this.#chosen = { path, generation: 0, priority: 0, lastPacketMs: nowMs };
  }

  restart(credentials: IceCredentials): void {
    this.#generation += 1;
    this.#credentials.push(credentials);
    if (this.#credentials.length > MAX_GENERATIONS) this.#credentials.shift();
  }

  /** The credentials of the current generation. */
  get credentials(): IceCredentials {
    return this.#credentials.at(-1) as IceCredentials;
  }

  /** Called for every packet that is not STUN. */
  received(path: Path, nowMs: number): void {
    if (this.#chosen?.path === path) this.#chosen.lastPacketMs = nowMs;
  }

  /** @returns the answer; undefined if it is no request, or if its sender does not know our password. */
  receive(binding: Binding, path: Path, from: Address, nowMs: number): Buffer | undefined {
    if (binding.type !== "request" || binding.username === undefined) return undefined;
    const [receiver] = binding.username;
    const index = this.#credentials.findIndex(({ iceUfrag }) => iceUfrag === receiver);
    const password = this.#credentials[index]?.icePwd;
    if (password === undefined || !isFrom(binding, password)) return undefined;
    const generation = this.#generation - (this.#credentials.length - 1 - index);
    this.received(path, nowMs);
    // A lite agent is always the controlled one.
    if (binding.role === "controlled") return writeRoleConflict(binding, password);
    const wanted = { path, generation, priority: binding.priority, lastPacketMs: nowMs };
    if (binding.nominates && this.#prefers(wanted)) this.#chosen = wanted;
    return writeSuccess(binding, from, password);
  }

  /** Some agents nominate every pair that they check. The best one is used (RFC 8445, section 8.1.1), while it works. */
  #prefers(wanted: Chosen<Path>): boolean {
    const current = this.#chosen;
    if (current === undefined || current.path === wanted.path) return true;
    if (wanted.generation !== current.generation) return wanted.generation > current.generation;
    return wanted.priority > current.priority || wanted.lastPacketMs - current.lastPacketMs > QUIET_MS;
  }
}

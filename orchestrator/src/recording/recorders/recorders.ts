import { availableParallelism } from "node:os";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { CallId, LegId, RecorderId } from "../../ids.ts";
import { Slots } from "../../slots.ts";
import type { ContainerFacts, ContainerSpec, Engine, RecordingsSource } from "../engine/engine.ts";
import { LABEL } from "../engine/labels.ts";
import { type Assembly, assemblyOf } from "./assembly.ts";
import type { Codecs } from "./codecs.ts";
import { type AssemblyOrder, assembleCommand, recordCommand } from "./commands.ts";
import { PortAllocator } from "./ports.ts";
import { RecorderSlots } from "./recorderSlots.ts";
import { type RedirectTargets, redirectTo } from "./redirect.ts";
import { ASSEMBLY_TIMEOUT_MS, type RecorderServices, StartedRecorder } from "./startedRecorder.ts";
import { Sweeper } from "./sweeper.ts";
import { waitUntilBound } from "./waitUntilBound.ts";

const MEBIBYTE = 1024 * 1024;

/** More starts at once take time from running recordings and are not faster. */
const STARTS_PER_CORE = 2;
/** The same of assemblies; a recorder whose tracks have ended waits for its order meanwhile. */
const ASSEMBLIES_PER_CORE = 2;

/** The part of a leg that a container works on; stored in its labels. */
export interface RecorderOwner {
  recorderId: RecorderId;
  callId: CallId;
  legId: LegId;
}

export interface RecorderSpec extends RecorderOwner {
  codecs: Codecs;
  /** Whether it replaces or follows another recorder of the same leg; then the limit does not apply. */
  isSuccessor?: boolean;
}

export interface RecorderSettings {
  project: string;
  image: string;
  /** `container:` and the name of the container whose network namespace all recorders share. */
  network: string;
  recordings: RecordingsSource;
  maxConcurrentRecorders: number;
  memoryMebibytes: number;
  cpus: number;
  /** The gateway forwards packets in network order, without reordering. */
  isUnordered?: boolean;
}

/** Operations on the spool that recorders do not perform themselves. */
export interface RecorderSpool {
  /** Writes an assembly order to the file that the recorder reads. */
  leaveOrder: RecorderServices["leaveOrder"];
  /** Removes the files of a recorder that received no media. Does not throw. */
  clear(recorderId: RecorderId): Promise<void>;
}

/** Starts recorders, finds existing ones, and assembles their tracks. */
export class Recorders {
  readonly #engine: Engine;
  readonly #settings: RecorderSettings;
  readonly #spool: RecorderSpool;
  readonly #sweeper: Sweeper;
  readonly #services: RecorderServices;
  /** Names of assemblers that may be running although the engine reported an error. */
  readonly #possiblyStarted = new Set<string>();
  readonly #slots: RecorderSlots;
  readonly #ports = new PortAllocator();
  readonly #starts = new Slots(STARTS_PER_CORE * availableParallelism());
  /** By the name of the container. */
  readonly #followed = new Map<string, StartedRecorder>();

  constructor(engine: Engine, settings: RecorderSettings, clock: Clock, spool: RecorderSpool) {
    this.#engine = engine;
    this.#settings = settings;
    this.#spool = spool;
    this.#sweeper = new Sweeper(engine, clock);
    this.#slots = new RecorderSlots(engine, (name) => this.#followed.get(name)?.hasPerhapsEnded());
    const assemblies = new Slots(ASSEMBLIES_PER_CORE * availableParallelism());
    this.#services = { engine, clock, sweeper: this.#sweeper, assemblies, leaveOrder: spool.leaveOrder };
  }

  /** Number of recorders that are running or starting. */
  get running(): number {
    return this.#slots.occupied;
  }

  /** Number of recorder containers that the engine listed as running the last time. */
  get containers(): number {
    return this.#slots.running;
  }

  /** Number of recorders that wait until others have started. */
  get waiting(): number {
    return this.#starts.waiting;
  }

  /** Number of recorders that wait until the files of others are assembled. */
  get waitingToAssemble(): number {
    return this.#services.assemblies.waiting;
  }

  /** @throws RecorderError DOCKER_UNREACHABLE, DOCKER_FORBIDDEN, RECORDER_NETWORK_MISSING: no recorder can be started. */
  async mustBeReady(): Promise<void> {
    await this.#engine.address(this.#settings.network);
  }

  /** Maximum number of concurrent recorders. */
  get limit(): number {
    return this.#settings.maxConcurrentRecorders;
  }

  /**
   * Keeps a slot for a recorder that is started later, with `take`, or not, with `release`.
   *
   * @throws RecorderError TOO_MANY_RECORDERS.
   */
  async reserve(recorderId: RecorderId): Promise<void> {
    await this.#checkLimit();
    this.#slots.starting(this.#nameOf("recorder", recorderId));
  }

  release(recorderId: RecorderId): void {
    this.#slots.free(this.#nameOf("recorder", recorderId));
  }

  /**
   * Starts a recorder and waits until its ports are bound: media sent to it from then on is recorded.
   *
   * @throws RecorderError TOO_MANY_RECORDERS, RECORDER_NOT_STARTED, RECORDER_NOT_BOUND, IMAGE_MISSING,
   *   RECORDER_NETWORK_MISSING, DOCKER_UNREACHABLE, DOCKER_FORBIDDEN; its container and files are then removed in the
   *   background.
   */
  async take(spec: RecorderSpec): Promise<StartedRecorder> {
    const { network, isUnordered } = this.#settings;
    const name = this.#nameOf("recorder", spec.recorderId);
    if (!spec.isSuccessor && !this.#slots.isStarting(name)) await this.#checkLimit();
    this.#slots.starting(name);
    const port = this.#ports.take(name);
    const command = recordCommand(spec.recorderId, spec.codecs, port, isUnordered);
    const container = this.#containerSpec("recorder", spec, command, network, { [LABEL.port]: String(port) });
    // The container may have been started although the engine reported an error.
    let sweepable = name;
    const start = async () => {
      const id = await this.#engine.start(container);
      sweepable = id;
      await waitUntilBound(this.#engine, id);
      return { id, address: await this.#engine.address(network) };
    };
    try {
      // A running call does not wait behind new ones.
      const { id, address } = await (spec.isSuccessor ? start() : this.#starts.use(start));
      const startedAtMs = this.#services.clock.now().getTime();
      return this.#started({ id, name }, spec.recorderId, redirectTo(address, port), startedAtMs);
    } catch (error) {
      this.#slots.free(name);
      this.#ports.free(name);
      this.#sweeper.sweep(sweepable, () => this.#spool.clear(spec.recorderId));
      throw error;
    }
  }

  /** Finds the recorders of an earlier process whose containers still exist, running or not. */
  async find(): Promise<Map<string, StartedRecorder>> {
    const found = await this.#engine.list("recorder");
    // Without the network, they are about to end.
    const address = await this.#engine.address(this.#settings.network).catch(() => "");
    return new Map(
      found.map(({ id, name, labels }) => {
        const recorderId = labels[LABEL.recorderId] ?? id;
        const port = Number(labels[LABEL.port]);
        this.#ports.keep(name, port);
        return [recorderId, this.#started({ id, name }, recorderId as RecorderId, redirectTo(address, port))];
      }),
    );
  }

  /** Removes assemblers of an earlier process: they write to files that will be written again. */
  async removeAssemblers(): Promise<void> {
    for (const { id } of await this.#engine.list("assembler")) await this.#engine.remove(id);
  }

  /**
   * Joins the tracks of a recorder that has ended, in a separate container.
   *
   * @throws RecorderError NOT_ASSEMBLED, or an error from starting the container.
   */
  assemble(order: AssemblyOrder): Promise<Assembly> {
    return this.#services.assemblies.use(() => this.#assemble(order));
  }

  async #assemble(order: AssemblyOrder): Promise<Assembly> {
    const container = this.#containerSpec("assembler", order, assembleCommand(order), undefined);
    if (this.#possiblyStarted.has(container.name)) await this.#engine.remove(container.name);
    this.#possiblyStarted.delete(container.name);
    const id = await this.#engine.start(container).catch((error: unknown) => {
      this.#possiblyStarted.add(container.name);
      throw error;
    });
    const limit = AbortSignal.timeout(ASSEMBLY_TIMEOUT_MS);
    try {
      const exitCode = await this.#engine.exited(id, limit);
      return assemblyOf(exitCode, await this.#engine.output(id));
    } catch (error) {
      if (limit.aborted) throw new RecorderError("NOT_ASSEMBLED", "assembly took too long", { cause: error });
      throw error;
    } finally {
      this.#sweeper.sweep(id);
    }
  }

  /** Resolves when all finished containers are removed. */
  async swept(): Promise<void> {
    await this.#sweeper.idle();
  }

  /** Compares the occupied slots with the containers that run, until `until` aborts. */
  watchSlots(clock: Clock, until: AbortSignal): Promise<void> {
    return this.#slots.watch(clock, until);
  }

  /** Refuses only on the engine's word. @throws RecorderError TOO_MANY_RECORDERS. */
  async #checkLimit(): Promise<void> {
    const { limit } = this;
    if (this.#slots.occupied < limit) return;
    await this.#slots.look().catch(() => undefined);
    if (this.#slots.occupied >= limit) throw new RecorderError("TOO_MANY_RECORDERS", `the limit is ${limit}`);
  }

  #started(
    { id, name }: Pick<ContainerFacts, "id" | "name">,
    recorderId: RecorderId,
    redirect: RedirectTargets,
    startedAtMs?: number,
  ): StartedRecorder {
    const recorder = new StartedRecorder(this.#services, id, recorderId, redirect, startedAtMs);
    this.#slots.followed(name);
    this.#followed.set(name, recorder);
    void recorder.exit.then(() => {
      this.#slots.free(name);
      this.#ports.free(name);
      this.#followed.delete(name);
    });
    return recorder;
  }

  #nameOf(role: "recorder" | "assembler", recorderId: RecorderId): string {
    return `${this.#settings.project}-${role}-${recorderId}`;
  }

  #containerSpec(
    role: "recorder" | "assembler",
    owner: RecorderOwner,
    command: string[],
    network: string | undefined,
    labels: Readonly<Record<string, string>> = {},
  ): ContainerSpec {
    return {
      name: this.#nameOf(role, owner.recorderId),
      image: this.#settings.image,
      command,
      labels: {
        [LABEL.role]: role,
        [LABEL.recorderId]: owner.recorderId,
        [LABEL.callId]: owner.callId,
        [LABEL.legId]: owner.legId,
        ...labels,
      },
      network,
      recordings: this.#settings.recordings,
      memoryBytes: this.#settings.memoryMebibytes * MEBIBYTE,
      nanoCpus: Math.round(this.#settings.cpus * 1e9),
    };
  }
}

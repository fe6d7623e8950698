import type { ContainerSpec, Engine, RecordingsSource } from "../engine/engine.ts";
import { LABEL } from "../engine/labels.ts";
import { RecorderError } from "../errors.ts";
import type { CallId, LegId, RecorderId } from "../ids.ts";
import type { Codecs } from "./codecs.ts";
import { type AssemblyOrder, assembleCommand, recordCommand } from "./commands.ts";
import { StartedRecorder, waitUntilBound } from "./startedRecorder.ts";

const MEBIBYTE = 1024 * 1024;
/** Joining a long call reads and writes gigabytes. */
const ASSEMBLY_TIMEOUT_MS = 60 * 60_000;
const NO_MEDIA_EXIT_CODE = 3;

export interface RecorderSpec {
  recorderId: RecorderId;
  callId: CallId;
  legId: LegId;
  codecs: Codecs;
}

export interface RecorderSettings {
  project: string;
  image: string;
  network: string;
  recordings: RecordingsSource;
  maxConcurrentRecorders: number;
  memoryMebibytes: number;
  cpus: number;
}

/** Starts recorders, finds those that run already, and assembles what they wrote. */
export class Recorders {
  readonly #engine: Engine;
  readonly #settings: RecorderSettings;
  #places = 0;

  constructor(engine: Engine, settings: RecorderSettings) {
    this.#engine = engine;
    this.#settings = settings;
  }

  /**
   * A recorder whose ports are bound: whatever is sent to it from now on is recorded.
   *
   * @throws RecorderError TOO_MANY_RECORDERS, RECORDER_NOT_STARTED, RECORDER_NOT_BOUND, RECORDER_IMAGE_MISSING,
   *   DOCKER_UNREACHABLE.
   */
  async take(spec: RecorderSpec): Promise<StartedRecorder> {
    if (this.#places >= this.#settings.maxConcurrentRecorders) {
      throw new RecorderError("TOO_MANY_RECORDERS", `${this.#settings.maxConcurrentRecorders} are allowed`);
    }
    this.#places += 1;
    try {
      const id = await this.#engine.start(
        this.#containerSpec("recorder", spec, recordCommand(spec.recorderId, spec.codecs), this.#settings.network),
      );
      const address = await waitUntilBound(this.#engine, id);
      return this.#started(id, spec.recorderId, address);
    } catch (error) {
      this.#places -= 1;
      throw error;
    }
  }

  /** The recorder of this id if its container is still there, running or not. */
  async find(recorderId: RecorderId): Promise<StartedRecorder | undefined> {
    const found = (await this.#engine.list("recorder")).find(({ labels }) => labels[LABEL.recorderId] === recorderId);
    if (!found) return undefined;
    this.#places += 1;
    return this.#started(found.id, recorderId, found.address ?? "");
  }

  /**
   * Joins the tracks of a recorder that has ended.
   *
   * @returns what ffprobe says about the file, as JSON text; undefined when no track has any media.
   * @throws RecorderError NOT_ASSEMBLED.
   */
  async assemble(order: AssemblyOrder, ids: { callId: CallId; legId: LegId }): Promise<string | undefined> {
    const spec = { recorderId: order.recorderId, ...ids };
    const id = await this.#engine.start(this.#containerSpec("assembler", spec, assembleCommand(order), undefined));
    try {
      const code = await this.#engine.exited(id, AbortSignal.timeout(ASSEMBLY_TIMEOUT_MS));
      const { stdout, stderr } = await this.#engine.output(id);
      if (code === NO_MEDIA_EXIT_CODE) return undefined;
      if (code !== 0) throw new RecorderError("NOT_ASSEMBLED", stderr.trim().slice(-500) || `exit code ${code}`);
      return stdout;
    } finally {
      await this.#engine.remove(id);
    }
  }

  /** Removes containers that no manifest knows: assemblers of an earlier life, recorders of refused calls. */
  async removeStrangers(known: ReadonlySet<string>): Promise<void> {
    for (const { id } of await this.#engine.list("assembler")) await this.#engine.remove(id);
    for (const { id, labels } of await this.#engine.list("recorder")) {
      if (!known.has(labels[LABEL.recorderId] ?? "")) await this.#engine.remove(id);
    }
  }

  #started(containerId: string, recorderId: RecorderId, address: string): StartedRecorder {
    return new StartedRecorder(this.#engine, containerId, recorderId, address, () => {
      this.#places -= 1;
    });
  }

  #containerSpec(
    role: "recorder" | "assembler",
    spec: { recorderId: RecorderId; callId: CallId; legId: LegId },
    command: string[],
    network: string | undefined,
  ): ContainerSpec {
    return {
      name: `${this.#settings.project}-${role}-${spec.recorderId}`,
      image: this.#settings.image,
      command,
      labels: {
        [LABEL.role]: role,
        [LABEL.recorderId]: spec.recorderId,
        [LABEL.callId]: spec.callId,
        [LABEL.legId]: spec.legId,
      },
      network,
      recordings: this.#settings.recordings,
      memoryBytes: this.#settings.memoryMebibytes * MEBIBYTE,
      nanoCpus: Math.round(this.#settings.cpus * 1e9),
    };
  }
}

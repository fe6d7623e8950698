import { RecorderError } from "../../errors.ts";

const MEBIBYTE = 1024 * 1024;

export interface HostLimits {
  /** With less available memory than this, no new recorder is started. */
  minimumAvailableBytes: number;
  /** With a longer CPU wait than this, in milliseconds, no new recorder is started. */
  maximumCpuWaitMs: number;
}

export interface HostSources {
  /** @throws if it is unknown. */
  availableBytes(): Promise<number>;
  cpuWaitMs(): number;
}

/** Decides whether this host can record another leg: a refused call can be repeated, a bad recording cannot. */
export class Host {
  readonly limits: HostLimits;
  readonly #sources: HostSources;

  constructor(limits: HostLimits, sources: HostSources) {
    this.limits = limits;
    this.#sources = sources;
  }

  get cpuWaitMs(): number {
    return this.#sources.cpuWaitMs();
  }

  /** In bytes; undefined if unknown. */
  availableBytes(): Promise<number | undefined> {
    return this.#sources.availableBytes().catch(() => undefined);
  }

  /** @throws RecorderError MEMORY_SHORT, CPU_SHORT. If the available memory is unknown, calls are accepted. */
  async check(): Promise<void> {
    const { minimumAvailableBytes, maximumCpuWaitMs } = this.limits;
    const available = await this.availableBytes();
    if (available !== undefined && available < minimumAvailableBytes) {
      const [has, needs] = [available, minimumAvailableBytes].map((bytes) => `${Math.floor(bytes / MEBIBYTE)} MiB`);
      throw new RecorderError("MEMORY_SHORT", `${has} available, at least ${needs} required`);
    }
    const waitMs = this.cpuWaitMs;
    if (waitMs > maximumCpuWaitMs) {
      throw new RecorderError(
        "CPU_SHORT",
        `CPU wait is ${Math.round(waitMs)} ms, at most ${maximumCpuWaitMs} ms allowed`,
      );
    }
  }
}

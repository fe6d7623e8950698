import { RecorderError } from "../../errors.ts";

const MEBIBYTE = 1024 * 1024;

export interface HostLimits {
  /** Less available memory than this is too little for one more recorder. */
  minimumAvailableBytes: number;
  /** A processor that is waited for longer than this is one too few, in milliseconds. */
  maximumCpuWaitMs: number;
}

export interface HostSources {
  /** @throws where it cannot be told. */
  availableBytes(): Promise<number>;
  cpuWaitMs(): number;
}

/** Whether this host can record one more leg well: a call that is refused can be made again, a bad recording cannot. */
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

  /** In bytes; undefined where it cannot be told. */
  availableBytes(): Promise<number | undefined> {
    return this.#sources.availableBytes().catch(() => undefined);
  }

  /** @throws RecorderError MEMORY_SHORT, CPU_SHORT. What cannot be told is no reason to refuse a call. */
  async check(): Promise<void> {
    const { minimumAvailableBytes, maximumCpuWaitMs } = this.limits;
    const available = await this.availableBytes();
    if (available !== undefined && available < minimumAvailableBytes) {
      const [has, needs] = [available, minimumAvailableBytes].map((bytes) => `${Math.floor(bytes / MEBIBYTE)} MiB`);
      throw new RecorderError("MEMORY_SHORT", `${has} available, at least ${needs} have to be`);
    }
    const waitMs = this.cpuWaitMs;
    if (waitMs > maximumCpuWaitMs) {
      throw new RecorderError(
        "CPU_SHORT",
        `a processor is waited for ${Math.round(waitMs)} ms, at most ${maximumCpuWaitMs} ms are well`,
      );
    }
  }
}

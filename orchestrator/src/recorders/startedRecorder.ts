import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { RecorderError } from "../errors.ts";
import type { RecorderId } from "../ids.ts";
import { RTP_PORTS } from "./sdp.ts";

/** A cold start takes 0.5 s, several at once on a busy host some seconds. */
const BOUND_TIMEOUT_MS = 15_000;
/** The gateway's BYE ends a recorder in 0.2 s; after this time it is not coming. */
const BYE_GRACE_MS = 1_500;
/** The record script closes its tracks within 6 s of SIGTERM, by force in the end. */
const SIGTERM_GRACE_MS = 8_000;

const Line = z.object({ event: z.string() });

/** Where a gateway sends a leg's RTP and RTCP. */
export interface RedirectTargets {
  address: string;
  video: number;
  videoRtcp: number;
  audio: number;
  audioRtcp: number;
}

export interface FinishedRecorder {
  recorderId: RecorderId;
  exitCode: number;
  lastWords: string;
}

/** A recorder whose ports are bound. */
export class StartedRecorder {
  readonly recorderId: RecorderId;
  readonly redirect: RedirectTargets;
  /** Settles with the exit code when the container ends, asked to or not. */
  readonly exit: Promise<number>;
  readonly #engine: Engine;
  readonly #containerId: string;
  readonly #release: () => void;

  constructor(engine: Engine, containerId: string, recorderId: RecorderId, address: string, release: () => void) {
    this.#engine = engine;
    this.#containerId = containerId;
    this.recorderId = recorderId;
    this.#release = release;
    this.redirect = {
      address,
      video: RTP_PORTS.video,
      videoRtcp: RTP_PORTS.video + 1,
      audio: RTP_PORTS.audio,
      audioRtcp: RTP_PORTS.audio + 1,
    };
    this.exit = engine.exited(containerId);
    // Whoever follows the leg handles it; nobody may be looking at the moment it fails.
    this.exit.catch(() => undefined);
  }

  /**
   * Waits for the end that the gateway's BYE brings, asks for it by SIGTERM when it does not come, and removes the
   * container. Files are closed properly in both cases.
   *
   * @param byeExpected false when nobody can send a BYE: the gateway is gone.
   */
  async finish(byeExpected: boolean): Promise<FinishedRecorder> {
    if (byeExpected) await this.#endsWithin(BYE_GRACE_MS);
    if (await this.#runs()) {
      await this.#engine.kill(this.#containerId, "SIGTERM");
      if (!(await this.#endsWithin(SIGTERM_GRACE_MS))) await this.#engine.kill(this.#containerId, "SIGKILL");
    }
    const exitCode = await this.#engine.exited(this.#containerId);
    const { stderr } = await this.#engine.output(this.#containerId).catch(() => ({ stderr: "" }));
    await this.#engine.remove(this.#containerId);
    this.#release();
    return { recorderId: this.recorderId, exitCode, lastWords: stderr.slice(-1_000) };
  }

  async #runs(): Promise<boolean> {
    return (await this.#engine.inspect(this.#containerId))?.running ?? false;
  }

  async #endsWithin(limitMs: number): Promise<boolean> {
    const timeout = new Promise<false>((resolve) => setTimeout(resolve, limitMs, false).unref());
    return Promise.race([this.exit.then(() => true as const), timeout]);
  }
}

/**
 * @returns the container's address, once it has said that its ports are bound.
 * @throws RecorderError RECORDER_NOT_BOUND, with its last words; the container is removed then.
 */
export async function waitUntilBound(engine: Engine, containerId: string): Promise<string> {
  try {
    for await (const line of engine.lines(containerId, AbortSignal.timeout(BOUND_TIMEOUT_MS))) {
      if (!isBound(line)) continue;
      const address = (await engine.inspect(containerId))?.address;
      if (address) return address;
      break;
    }
    const { stderr } = await engine.output(containerId);
    throw new RecorderError("RECORDER_NOT_BOUND", stderr.trim().slice(-300));
  } catch (error) {
    await engine.remove(containerId);
    throw error;
  }
}

function isBound(line: string): boolean {
  try {
    return Line.parse(JSON.parse(line)).event === "bound";
  } catch {
    return false;
  }
}

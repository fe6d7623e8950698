import { processMetrics } from "@skyway-call-recorder/process/metrics.ts";
import type { Logger } from "pino";
import { openArchive } from "./archive/archive.ts";
import { systemClock } from "./clock.ts";
import type { Configuration } from "./configuration/readConfiguration.ts";
import { FollowUp } from "./follow-up/followUp.ts";
import { Outside, openWebhooks } from "./outside/outside.ts";
import type { Webhooks } from "./outside/webhooks/webhooks.ts";
import { Recording } from "./recording/recording.ts";

interface Wings {
  recording: Recording;
  followUp: FollowUp;
  outside: Outside;
  webhooks: Webhooks;
}

/** All wings of this process, put together. */
export class Orchestrator {
  readonly #wings: Wings;
  readonly #log: Logger;
  /** Aborts when what runs beside the calls is to end. */
  readonly #over = new AbortController();
  #closed: Promise<void> | undefined;

  private constructor(wings: Wings, log: Logger) {
    this.#wings = wings;
    this.#log = log;
  }

  /**
   * Resumes what an earlier process left, then takes calls.
   *
   * @throws RecorderError when this host cannot record: no engine, no recorder image, no network, no volume.
   */
  static async start(configuration: Configuration, log: Logger): Promise<Orchestrator> {
    const ground = { clock: systemClock, log, metrics: processMetrics() };
    const archive = openArchive(configuration, ground);
    const recording = await Recording.open(configuration, archive, ground);
    const webhooks = await openWebhooks(configuration.webhooks, archive, ground);
    const followUp = new FollowUp(configuration, archive, recording, webhooks, ground);
    const outside = await Outside.open(configuration, archive, recording, followUp, webhooks, ground);

    const orchestrator = new Orchestrator({ recording, followUp, outside, webhooks }, log);
    await orchestrator.#run();
    log.info({ port: configuration.port, peers: configuration.peers }, "orchestrator is up");
    return orchestrator;
  }

  async #run(): Promise<void> {
    const { recording, followUp, outside } = this.#wings;
    const { signal } = this.#over;
    await recording.start(signal);
    await followUp.start(signal);
    await outside.start(signal);
    recording.takeCalls((connection) => outside.followChat(connection), signal);
    await outside.listen();
  }

  /**
   * Takes no more calls, ends running recordings in order, and leaves the gateway.
   *
   * @param limitMs how long this may take; recordings that are not kept by then stay in the spool for the next start.
   */
  close(limitMs: number): Promise<void> {
    this.#closed ??= this.#close(limitMs);
    return this.#closed;
  }

  async #close(limitMs: number): Promise<void> {
    const { recording, followUp, outside, webhooks } = this.#wings;
    await recording.close(limitMs);
    this.#over.abort();
    await webhooks.close();
    await followUp.close();
    await outside.close();
    this.#log.info("orchestrator is down");
  }
}

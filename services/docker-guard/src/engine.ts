import { Agent, type Dispatcher } from "undici";
import { z } from "zod";

const MOUNTS = z.array(
  z.object({
    Type: z.string(),
    Name: z.string().optional(),
    Source: z.string(),
    Destination: z.string(),
  }),
);

const CONTAINER = z.object({
  Id: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullable() }),
  Mounts: MOUNTS,
});

export type InspectedContainer = z.infer<typeof CONTAINER>;

const IMAGE = z.object({ Id: z.string() });
const SUMMARIES = z.array(z.object({ Id: z.string() }));

/** Connections for everything but waits. */
const CONNECTIONS = 64;
/** Starting a container takes seconds on a busy host. The orchestrator waits no longer. */
const ANSWER_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 5_000;

/** Client for the Docker engine, limited to the calls that the guard needs. */
export class Engine {
  readonly #agent: Agent;
  /** Waits have connections of their own: they must not keep other requests from the engine. */
  readonly #waits: Agent;
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    const timeouts = { headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS };
    this.#agent = new Agent({ connect: { socketPath }, connections: CONNECTIONS, ...timeouts });
    this.#waits = new Agent({ connect: { socketPath }, headersTimeout: 0, bodyTimeout: 0 });
  }

  /** @throws Error with the socket path and a hint for the operator if the engine does not answer. */
  async ping(): Promise<void> {
    try {
      const signal = AbortSignal.timeout(PING_TIMEOUT_MS);
      await (await this.request({ method: "GET", path: "/_ping", signal })).body.dump();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const hint =
        "check that the Docker engine is running, that its socket is mounted there, and that this user may access it";
      throw new Error(`no Docker engine answers at ${this.#socketPath} (${reason}): ${hint}`, { cause });
    }
  }

  request(options: Omit<Dispatcher.RequestOptions, "origin">): Promise<Dispatcher.ResponseData> {
    return this.#agent.request({ ...options, origin: "http://engine" });
  }

  /** A request that follows a log or waits for an exit: it can last as long as a call. */
  wait(options: Omit<Dispatcher.RequestOptions, "origin">): Promise<Dispatcher.ResponseData> {
    return this.#waits.request({ ...options, origin: "http://engine" });
  }

  /** @returns undefined if the container does not exist. */
  async container(reference: string): Promise<InspectedContainer | undefined> {
    const answer = await this.request({ method: "GET", path: `/containers/${reference}/json` });
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return undefined;
    }
    return CONTAINER.parse(await answer.body.json());
  }

  /** @returns undefined if the image does not exist. */
  async imageId(reference: string): Promise<string | undefined> {
    const answer = await this.request({ method: "GET", path: `/images/${reference}/json` });
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return undefined;
    }
    return IMAGE.parse(await answer.body.json()).Id;
  }

  async containersLabelled(labels: readonly string[]): Promise<string[]> {
    const query = { all: "true", filters: JSON.stringify({ label: labels }) };
    const answer = await this.request({ method: "GET", path: "/containers/json", query });
    return SUMMARIES.parse(await answer.body.json()).map((summary) => summary.Id);
  }

  async close(): Promise<void> {
    await Promise.all([this.#agent.close(), this.#waits.destroy()]);
  }
}

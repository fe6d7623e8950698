import { Agent } from "node:http";
import { hostname } from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import Docker from "dockerode";
import { asRecorderError, RecorderError } from "../../errors.ts";
import type {
  ContainerFacts,
  ContainerOutput,
  ContainerSpec,
  Engine,
  GatewayContainer,
  RecordingsSource,
  StopSignal,
} from "./engine.ts";
import { asking, unlessGone } from "./engineErrors.ts";
import { LABEL } from "./labels.ts";
import { demultiplex, type LogLine, stdoutLines, unixSeconds } from "./logStream.ts";
import { withinLimit } from "./withinLimit.ts";

/** Labels set by Docker Compose. */
const COMPOSE_PROJECT = "com.docker.compose.project";
const COMPOSE_SERVICE = "com.docker.compose.service";
const GATEWAY_SERVICE = "skyway-webrtc-gateway";

const SHARED_NETWORK = /^container:/;
const USER = "10001:10001";
const PIDS_LIMIT = 64;
/** Time limits in milliseconds. */
export interface EngineLimits {
  /** An answer from the engine's memory takes milliseconds; on a busy host, a second. */
  answerMs: number;
  /** Creating, starting and removing containers takes seconds on a busy host. */
  changeMs: number;
  /** One request that waits for a container's end; then the container is inspected and waited for again. */
  waitMs: number;
  /** A followed log without a line for this long is opened again: its connection may be dead without notice. */
  silentLogMs: number;
}
const LIMITS: EngineLimits = { answerMs: 10_000, changeMs: 60_000, waitMs: 10_000, silentLogMs: 60_000 };
/** The engine keeps the end of a recorder's output. The output must never block. */
const LOG_CONFIG = { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } };

/** How long an unreachable engine is asked again whether a container has ended. */
const UNREACHABLE_MS = 5 * 60_000;
const RETRY_MS = 500;
/** Pauses before a log is opened again: the first and the longest. */
const REOPEN_MS = 100;
const LAST_REOPEN_MS = 5_000;

/**
 * A connection for each request: one that was kept may be dead without notice after a restart of docker-guard.
 *
 * docker-modem describes the options of each request, for a debug line that is not written. Without a description of its
 * own, the agent is described with all its connections and their buffers: with twenty calls, this took a whole core.
 */
class ConnectionEach extends Agent {
  constructor() {
    super({ keepAlive: false });
  }

  [inspect.custom](): string {
    return ConnectionEach.name;
  }
}

/** @param options where the engine is; by default at DOCKER_HOST, or at the default socket. */
export function dockerAt(options: Docker.DockerOptions = {}): Docker {
  // The types lack `agent`.
  const connection = { agent: new ConnectionEach(), ...options };
  return new Docker(connection);
}

/**
 * The Docker engine. Every request has a time limit, and every wait ends when the container has ended, whatever becomes
 * of the connections: dockerode settles neither if an answer breaks off after its headers, nor if it is aborted then.
 */
export class DockerEngine implements Engine {
  readonly #docker: Docker;
  readonly #project: string;
  readonly #limits: EngineLimits;

  constructor(project: string, docker = dockerAt(), limits: Partial<EngineLimits> = {}) {
    this.#docker = docker;
    this.#project = project;
    this.#limits = { ...LIMITS, ...limits };
  }

  async ping(): Promise<void> {
    await asking(this.#answer(() => this.#docker.ping()));
  }

  async require(image: string, network: string): Promise<void> {
    await this.#imageId(image);
    await this.address(network);
  }

  async address(network: string): Promise<string> {
    const name = network.replace(SHARED_NETWORK, "");
    const look = (abortSignal: AbortSignal) => this.#docker.getContainer(name).inspect({ abortSignal });
    const { NetworkSettings } = await asking(this.#answer(look), { 404: "RECORDER_NETWORK_MISSING" });
    const address = Object.values(NetworkSettings.Networks).find(({ IPAddress }) => IPAddress !== "")?.IPAddress;
    if (!address) throw new RecorderError("RECORDER_NETWORK_MISSING", `the container ${name} is not running`);
    return address;
  }

  async start(spec: ContainerSpec): Promise<string> {
    const body = createBody(spec, this.#project, await this.#imageId(spec.image));
    const options = split({ name: spec.name }, body);
    const container = await asking(
      this.#change((abortSignal) => this.#docker.createContainer({ ...options, abortSignal })),
      { 404: "IMAGE_MISSING", 409: "RECORDER_NOT_STARTED", otherwise: "RECORDER_NOT_STARTED" },
    );
    try {
      await asking(
        this.#change((abortSignal) => container.start({ abortSignal })),
        // The container whose network namespace it joins does not exist, or does not run.
        { 404: "RECORDER_NETWORK_MISSING", 409: "RECORDER_NETWORK_MISSING", otherwise: "RECORDER_NOT_STARTED" },
      );
    } catch (error) {
      await this.remove(container.id).catch(() => undefined);
      throw error;
    }
    return container.id;
  }

  async inspect(id: string, signal?: AbortSignal): Promise<ContainerFacts | undefined> {
    const look = (abortSignal: AbortSignal) => this.#docker.getContainer(id).inspect({ abortSignal });
    const facts = await asking(this.#answer(look, signal)).catch(unlessGone);
    if (!facts) return undefined;
    return {
      id: facts.Id,
      name: nameOf(facts.Name),
      labels: facts.Config.Labels ?? {},
      running: facts.State.Running,
      exitCode: facts.State.ExitCode,
    };
  }

  async list(role: string): Promise<ContainerFacts[]> {
    const facts = await Promise.all((await this.#listed(role, true)).map(({ Id }) => this.inspect(Id)));
    return facts.filter((one) => one !== undefined);
  }

  async running(role: string): Promise<string[]> {
    const listed = await this.#listed(role, false);
    return listed.map(({ Names }) => nameOf(Names[0]));
  }

  async gateways(): Promise<GatewayContainer[]> {
    const labels = [`${COMPOSE_PROJECT}=${this.#project}`, `${COMPOSE_SERVICE}=${GATEWAY_SERVICE}`];
    const filters = JSON.stringify({ label: labels });
    const found = await asking(this.#answer((abortSignal) => this.#docker.listContainers({ filters, abortSignal })));
    return found.map(({ Id, Ports, NetworkSettings }) => ({
      id: Id,
      addresses: Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress),
      udpPorts: Ports.flatMap(({ Type, PrivatePort, PublicPort }) =>
        Type === "udp" && PublicPort ? [{ inside: PrivatePort, published: PublicPort }] : [],
      ),
    }));
  }

  async *lines(id: string, signal: AbortSignal): AsyncIterable<string> {
    let newest: string | undefined;
    for (let pauseMs = REOPEN_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LAST_REOPEN_MS)) {
      const openedAt = performance.now();
      for await (const { at, text } of this.#log(id, newest, signal)) {
        newest = at;
        yield text;
      }
      try {
        if (signal.aborted || !(await this.#untilAnswered(id, signal))?.running) return;
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      if (performance.now() - openedAt > this.#limits.silentLogMs / 2) pauseMs = REOPEN_MS;
      await delay(pauseMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async output(id: string): Promise<ContainerOutput> {
    const options = { follow: false as const, stdout: true, stderr: true };
    const logs = (abortSignal: AbortSignal) => this.#docker.getContainer(id).logs({ ...options, abortSignal });
    const raw = await asking(this.#answer(logs)).catch(unlessGone);
    return demultiplex(raw ?? Buffer.alloc(0));
  }

  async exited(id: string, signal?: AbortSignal): Promise<number | undefined> {
    const wait = (abortSignal: AbortSignal) => this.#docker.getContainer(id).wait({ abortSignal });
    for (;;) {
      const askedAt = performance.now();
      // No answer means nothing: the container may have ended all the same.
      await withinLimit(wait, this.#limits.waitMs, signal).catch(() => undefined);
      signal?.throwIfAborted();
      // The answer of wait is unreliable if the container is being removed at the same time; inspect is reliable.
      const facts = await this.#untilAnswered(id, signal);
      if (!facts?.running) return facts?.exitCode;
      if (performance.now() - askedAt < RETRY_MS) await delay(RETRY_MS, undefined, { ref: false });
    }
  }

  async kill(id: string, signal: StopSignal): Promise<void> {
    const options = split({ signal });
    const kill = (abortSignal: AbortSignal) => this.#docker.getContainer(id).kill({ ...options, abortSignal });
    await asking(this.#answer(kill)).catch(unlessGone);
  }

  async remove(id: string): Promise<void> {
    const remove = (abortSignal: AbortSignal) => this.#docker.getContainer(id).remove({ force: true, abortSignal });
    await asking(this.#change(remove)).catch(unlessGone);
  }

  async ownMount(path: string): Promise<RecordingsSource | undefined> {
    const own = await asking(
      this.#answer((abortSignal) => this.#docker.getContainer(hostname()).inspect({ abortSignal })),
    ).catch(unlessGone);
    const mount = own?.Mounts.find((one) => one.Destination === path);
    if (!mount) return undefined;
    return mount.Type === "volume" && mount.Name
      ? { type: "volume", source: mount.Name }
      : { type: "bind", source: mount.Source };
  }

  /** The lines of a log after a time, until the connection ends, breaks or is silent for long. Does not throw. */
  async *#log(id: string, after: string | undefined, signal: AbortSignal): AsyncIterable<LogLine> {
    const { answerMs: limitMs, silentLogMs } = this.#limits;
    const options = {
      follow: true as const,
      stdout: true,
      timestamps: true,
      ...(after && { since: unixSeconds(after) }),
    };
    const logs = (abortSignal: AbortSignal) => this.#docker.getContainer(id).logs({ ...options, abortSignal });
    const stream = (await withinLimit(logs, limitMs, signal).catch(() => undefined)) as Readable | undefined;
    if (!stream) return;
    const silence = setTimeout(() => stream.destroy(), silentLogMs).unref();
    const onAbort = () => stream.destroy();
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) stream.destroy();
    try {
      for await (const line of stdoutLines(stream)) {
        silence.refresh();
        if (after === undefined || line.at > after) yield line;
      }
    } catch {
      // The caller asks whether the container still runs.
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", onAbort);
      stream.destroy();
    }
  }

  /** Inspects a container; asks an unreachable engine again for UNREACHABLE_MS. */
  async #untilAnswered(id: string, signal?: AbortSignal): Promise<ContainerFacts | undefined> {
    for (const since = performance.now(); ; ) {
      try {
        return await this.inspect(id, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (performance.now() - since > UNREACHABLE_MS || !asRecorderError(error).isTransient) throw error;
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #listed(role: string, all: boolean): Promise<Docker.ContainerInfo[]> {
    const label = [`${LABEL.project}=${this.#project}`, `${LABEL.role}=${role}`];
    const options = { all, filters: JSON.stringify({ label }) };
    return asking(this.#answer((abortSignal) => this.#docker.listContainers({ ...options, abortSignal })));
  }

  /** Resolves an image to its id, so that exactly the inspected image is started. */
  async #imageId(reference: string): Promise<string> {
    const { Id } = await asking(
      this.#answer(() => this.#docker.getImage(reference).inspect()),
      { 404: "IMAGE_MISSING" },
    );
    return Id;
  }

  #answer<Answer>(ask: (over: AbortSignal) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    return withinLimit(ask, this.#limits.answerMs, signal);
  }

  #change<Answer>(ask: (over: AbortSignal) => Promise<Answer>): Promise<Answer> {
    return withinLimit(ask, this.#limits.changeMs);
  }
}

/** The engine's names begin with a slash. */
const nameOf = (name = ""): string => name.replace(/^\//, "");

/** By default, dockerode sends all options in the query and again in the body; docker-guard refuses what is not needed. */
const split = (query: object, body: object = {}) => ({ _query: query, _body: body });

function createBody(spec: ContainerSpec, project: string, imageId: string): Docker.ContainerCreateOptions {
  return {
    Image: imageId,
    Cmd: [...spec.command],
    User: USER,
    Labels: { ...spec.labels, [LABEL.project]: project },
    HostConfig: {
      Init: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      NetworkMode: spec.network ?? "none",
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      NanoCpus: spec.nanoCpus,
      ...(spec.cpuShares !== undefined && { CpuShares: spec.cpuShares }),
      PidsLimit: spec.pids ?? PIDS_LIMIT,
      Tmpfs: { "/tmp": "size=16m" },
      Mounts: mounts(spec),
      LogConfig: LOG_CONFIG,
    },
  };
}

function mounts({ recordings, configuration }: ContainerSpec): Docker.MountConfig {
  const mount = { Type: recordings.type, Source: recordings.source, Target: "/recordings" };
  if (configuration === undefined) return [mount];
  return [
    { ...mount, ReadOnly: true },
    { Type: "volume", Source: configuration, Target: "/config", ReadOnly: true },
  ];
}

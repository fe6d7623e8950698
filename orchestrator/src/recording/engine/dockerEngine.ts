import { hostname } from "node:os";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import Docker from "dockerode";
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
import { demultiplex } from "./logStream.ts";

/** Labels set by Docker Compose. */
const COMPOSE_PROJECT = "com.docker.compose.project";
const COMPOSE_SERVICE = "com.docker.compose.service";
const GATEWAY_SERVICE = "skyway-webrtc-gateway";

const USER = "10001:10001";
const PIDS_LIMIT = 64;
/**
 * Longer than any normal answer takes. Needed because a killed docker-guard or engine may leave a connection open
 * without ever answering.
 */
const ANSWER_TIMEOUT_MS = 60_000;
/**
 * Maximum time of one request that waits for a container's end; then the container is inspected and waited for again.
 */
const WAIT_SLICE_MS = 10_000;
/** The engine keeps the end of a recorder's output. The output must never block. */
const LOG_CONFIG = { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } };

/** The Docker engine at DOCKER_HOST, or at the default socket if that is not set. */
export class DockerEngine implements Engine {
  readonly #docker: Docker;
  readonly #project: string;

  constructor(project: string, docker = new Docker({ timeout: ANSWER_TIMEOUT_MS })) {
    this.#docker = docker;
    this.#project = project;
  }

  async ping(): Promise<void> {
    await asking(this.#docker.ping());
  }

  async require(image: string, network: string): Promise<void> {
    await this.#imageId(image);
    await asking(this.#docker.getNetwork(network).inspect(), { 404: "RECORDER_NETWORK_MISSING" });
  }

  async start(spec: ContainerSpec): Promise<string> {
    const container = await asking(
      this.#docker.createContainer({
        name: spec.name,
        Image: await this.#imageId(spec.image),
        Cmd: [...spec.command],
        User: USER,
        Labels: { ...spec.labels, [LABEL.project]: this.#project },
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
      }),
      { 404: "RECORDER_IMAGE_MISSING", 409: "RECORDER_NOT_STARTED", otherwise: "RECORDER_NOT_STARTED" },
    );
    try {
      await asking(container.start(), { 404: "RECORDER_NETWORK_MISSING", otherwise: "RECORDER_NOT_STARTED" });
    } catch (error) {
      await this.remove(container.id).catch(() => undefined);
      throw error;
    }
    return container.id;
  }

  async inspect(id: string): Promise<ContainerFacts | undefined> {
    const facts = await asking(this.#docker.getContainer(id).inspect()).catch(unlessGone);
    if (!facts) return undefined;
    const address = Object.values(facts.NetworkSettings.Networks)[0]?.IPAddress;
    return {
      id: facts.Id,
      name: facts.Name.replace(/^\//, ""),
      labels: facts.Config.Labels,
      running: facts.State.Running,
      exitCode: facts.State.ExitCode,
      address: address === "" ? undefined : address,
    };
  }

  async list(role: string): Promise<ContainerFacts[]> {
    const filters = { label: [`${LABEL.project}=${this.#project}`, `${LABEL.role}=${role}`] };
    const found = await asking(this.#docker.listContainers({ all: true, filters: JSON.stringify(filters) }));
    const facts = await Promise.all(found.map(({ Id }) => this.inspect(Id)));
    return facts.filter((one) => one !== undefined);
  }

  async gateways(): Promise<GatewayContainer[]> {
    const labels = [`${COMPOSE_PROJECT}=${this.#project}`, `${COMPOSE_SERVICE}=${GATEWAY_SERVICE}`];
    const found = await asking(this.#docker.listContainers({ filters: JSON.stringify({ label: labels }) }));
    return found.map(({ Id, Ports, NetworkSettings }) => ({
      id: Id,
      addresses: Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress),
      udpPorts: Ports.filter(({ Type, PublicPort }) => Type === "udp" && PublicPort).map(
        ({ PrivatePort, PublicPort }) => ({ inside: PrivatePort, published: PublicPort }),
      ),
    }));
  }

  async *lines(id: string, signal: AbortSignal): AsyncIterable<string> {
    const options = { follow: true as const, stdout: true, abortSignal: signal };
    const stream = (await asking(this.#docker.getContainer(id).logs(options))) as unknown as Readable;
    const stdout = new PassThrough();
    this.#docker.modem.demuxStream(stream, stdout, new PassThrough().resume());
    // Node reports an aborted stream as an error; for the reader it is simply the end of the lines.
    stream.on("error", () => stdout.end());
    stream.once("close", () => stdout.end());
    stream.once("end", () => stdout.end());
    try {
      yield* createInterface({ input: stdout });
    } finally {
      stream.destroy();
    }
  }

  async output(id: string): Promise<ContainerOutput> {
    const options = { follow: false as const, stdout: true, stderr: true };
    const raw = await asking(this.#docker.getContainer(id).logs(options)).catch(unlessGone);
    return demultiplex(raw ?? Buffer.alloc(0));
  }

  async exited(id: string, signal?: AbortSignal): Promise<number | undefined> {
    for (;;) {
      const slice = AbortSignal.timeout(WAIT_SLICE_MS);
      const abortSignal = signal ? AbortSignal.any([slice, signal]) : slice;
      await asking(this.#docker.getContainer(id).wait({ abortSignal })).catch((error) =>
        slice.aborted ? undefined : unlessGone(error),
      );
      signal?.throwIfAborted();
      // The answer of wait is unreliable if the container is being removed at the same time; inspect is reliable.
      const facts = await this.inspect(id);
      if (!facts?.running) return facts?.exitCode;
    }
  }

  async kill(id: string, signal: StopSignal): Promise<void> {
    await asking(this.#docker.getContainer(id).kill({ signal })).catch(unlessGone);
  }

  async remove(id: string): Promise<void> {
    await asking(this.#docker.getContainer(id).remove({ force: true })).catch(unlessGone);
  }

  async ownMount(path: string): Promise<RecordingsSource | undefined> {
    const own = await asking(this.#docker.getContainer(hostname()).inspect()).catch(unlessGone);
    const mount = own?.Mounts.find((one) => one.Destination === path);
    if (!mount) return undefined;
    return mount.Type === "volume" && mount.Name
      ? { type: "volume", source: mount.Name }
      : { type: "bind", source: mount.Source };
  }

  /** Resolves an image to its id, so that exactly the inspected image is started. */
  async #imageId(reference: string): Promise<string> {
    const { Id } = await asking(this.#docker.getImage(reference).inspect(), { 404: "RECORDER_IMAGE_MISSING" });
    return Id;
  }
}

function mounts({ recordings, configuration }: ContainerSpec): Docker.MountConfig {
  const mount = { Type: recordings.type, Source: recordings.source, Target: "/recordings" };
  if (configuration === undefined) return [mount];
  return [
    { ...mount, ReadOnly: true },
    { Type: "volume", Source: configuration, Target: "/config", ReadOnly: true },
  ];
}

/** What a container is made of. Everything that is not here is locked: no capabilities, read-only root, no new rights. */
export interface ContainerSpec {
  name: string;
  image: string;
  command: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** undefined: no network at all. */
  network: string | undefined;
  /** Source of the recordings mount at /recordings. */
  recordings: RecordingsSource;
  /** A volume that is mounted at /config; it and the recordings can be read only then. */
  configuration?: string | undefined;
  memoryBytes: number;
  nanoCpus: number;
  /** What it gets of a busy host, next to the 1,024 of everybody who says nothing. */
  cpuShares?: number;
  /** Processes and threads at once; 64 by default. */
  pids?: number;
}

export interface RecordingsSource {
  type: "volume" | "bind";
  source: string;
}

export interface ContainerFacts {
  id: string;
  name: string;
  labels: Readonly<Record<string, string>>;
  running: boolean;
  exitCode: number;
  /** Address in the network of its spec; undefined when it has none or does not run. */
  address: string | undefined;
}

/** How a gateway's container is reached. */
export interface GatewayContainer {
  id: string;
  /** One on each of its networks. */
  addresses: readonly string[];
  /** Of the host, each with the port of the container that it leads to. */
  udpPorts: readonly { inside: number; published: number }[];
}

export interface ContainerOutput {
  stdout: string;
  stderr: string;
}

export type StopSignal = "SIGTERM" | "SIGKILL";

/** What runs containers. One implementation speaks to Docker; a swarm would be another. */
export interface Engine {
  /** @throws RecorderError DOCKER_UNREACHABLE, DOCKER_FORBIDDEN; so does everything below. */
  ping(): Promise<void>;
  /** @throws RecorderError RECORDER_IMAGE_MISSING, RECORDER_NETWORK_MISSING. */
  require(image: string, network: string): Promise<void>;
  /**
   * Creates and starts a container.
   *
   * @returns its id.
   * @throws RecorderError RECORDER_NOT_STARTED, RECORDER_IMAGE_MISSING, RECORDER_NETWORK_MISSING; nothing of it is
   *   left then.
   */
  start(spec: ContainerSpec): Promise<string>;
  /** undefined once it is removed. */
  inspect(id: string): Promise<ContainerFacts | undefined>;
  /** All containers of ours with this role, running or not. */
  list(role: string): Promise<ContainerFacts[]>;
  /** The gateways of this bundle that run. */
  gateways(): Promise<GatewayContainer[]>;
  /** Lines of stdout as they come, until the container ends or the signal aborts. */
  lines(id: string, signal: AbortSignal): AsyncIterable<string>;
  /** The end of what it has said. */
  output(id: string): Promise<ContainerOutput>;
  /** Resolves with the exit code once the container does not run any more; undefined when it was removed. */
  exited(id: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Nothing happens to a container that does not run. */
  kill(id: string, signal: StopSignal): Promise<void>;
  /** Removing what is gone is no error. */
  remove(id: string): Promise<void>;
  /** What this very container has mounted at a path; undefined when this is no container. */
  ownMount(path: string): Promise<RecordingsSource | undefined>;
}

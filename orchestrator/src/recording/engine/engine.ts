/** Settings of a container. Everything else is locked down: no capabilities, read-only root, no new privileges. */
export interface ContainerSpec {
  name: string;
  image: string;
  command: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** A network, or `container:` and the name of a container whose network namespace it shares. undefined: none. */
  network: string | undefined;
  /** Source of the recordings mount at /recordings. */
  recordings: RecordingsSource;
  /** A volume to mount at /config; then both it and the recordings are mounted read-only. */
  configuration?: string | undefined;
  memoryBytes: number;
  nanoCpus: number;
  /** CPU weight on a busy host; the engine's default is 1,024. */
  cpuShares?: number;
  /** Maximum number of processes and threads; 64 by default. */
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
}

/** Addresses and ports of a gateway's container. */
export interface GatewayContainer {
  id: string;
  /** One for each of its networks. */
  addresses: readonly string[];
  /** Published UDP ports of the host, each with the container port it maps to. */
  udpPorts: readonly { inside: number; published: number }[];
}

export interface ContainerOutput {
  stdout: string;
  stderr: string;
}

export type StopSignal = "SIGTERM" | "SIGKILL";

/** Runs containers. The only implementation uses Docker; a cluster could be another one. */
export interface Engine {
  /** @throws RecorderError DOCKER_UNREACHABLE, DOCKER_FORBIDDEN; so does everything below. */
  ping(): Promise<void>;
  /** @throws RecorderError IMAGE_MISSING, RECORDER_NETWORK_MISSING. */
  require(image: string, network: string): Promise<void>;
  /**
   * Creates and starts a container.
   *
   * @returns its id.
   * @throws RecorderError RECORDER_NOT_STARTED, IMAGE_MISSING, RECORDER_NETWORK_MISSING; no container is left.
   */
  start(spec: ContainerSpec): Promise<string>;
  /**
   * IPv4 address in the network namespace of a running container.
   *
   * @param network `container:` and its name.
   * @throws RecorderError RECORDER_NETWORK_MISSING.
   */
  address(network: string): Promise<string>;
  /** undefined if the container does not exist. */
  inspect(id: string): Promise<ContainerFacts | undefined>;
  /** All containers of this project with this role, running or not. */
  list(role: string): Promise<ContainerFacts[]>;
  /** Names of the running containers of this project with this role, in one request. */
  running(role: string): Promise<string[]>;
  /** The running gateways of this bundle. */
  gateways(): Promise<GatewayContainer[]>;
  /**
   * Follows the lines of stdout until the container has ended or the signal aborts. If the connection breaks, it is
   * opened again, and no line is returned twice.
   *
   * @throws RecorderError if the engine has not answered for five minutes.
   */
  lines(id: string, signal: AbortSignal): AsyncIterable<string>;
  /** The last part of a container's output. */
  output(id: string): Promise<ContainerOutput>;
  /**
   * Resolves with the exit code when the container has ended; undefined if it was removed.
   *
   * @throws the signal's reason; RecorderError if the engine has not answered for five minutes.
   */
  exited(id: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Does nothing if the container is not running. */
  kill(id: string, signal: StopSignal): Promise<void>;
  /** Does nothing if the container does not exist. */
  remove(id: string): Promise<void>;
  /**
   * What the orchestrator's own container has mounted at a path; undefined if this process runs outside a container.
   */
  ownMount(path: string): Promise<RecordingsSource | undefined>;
}

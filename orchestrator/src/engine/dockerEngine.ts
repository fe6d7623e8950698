import { hostname } from "node:os";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import Docker from "dockerode";
import { z } from "zod";
import { RecorderError } from "../errors.ts";
import type { ContainerFacts, ContainerOutput, ContainerSpec, Engine, RecordingsSource, StopSignal } from "./engine.ts";
import { LABEL } from "./labels.ts";

const USER = "10001:10001";
const PIDS_LIMIT = 64;
/** The engine keeps the end of what a recorder says; nothing may stop it from talking. */
const LOG_CONFIG = { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } };

const EngineError = z.object({ statusCode: z.number().optional(), code: z.string().optional(), message: z.string() });

/** The engine behind DOCKER_HOST, or behind the socket where that is not set. */
export class DockerEngine implements Engine {
  readonly #docker: Docker;
  readonly #project: string;

  constructor(project: string, docker = new Docker()) {
    this.#docker = docker;
    this.#project = project;
  }

  async ping(): Promise<void> {
    await asking(this.#docker.ping());
  }

  async start(spec: ContainerSpec): Promise<string> {
    const image = await this.#imageId(spec.image);
    const container = await asking(
      this.#docker.createContainer({
        name: spec.name,
        Image: image,
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
          PidsLimit: PIDS_LIMIT,
          Tmpfs: { "/tmp": "size=16m" },
          Mounts: [{ Type: spec.recordings.type, Source: spec.recordings.source, Target: "/recordings" }],
          LogConfig: LOG_CONFIG,
        },
      }),
      "RECORDER_NOT_STARTED",
    );
    try {
      await asking(container.start(), "RECORDER_NOT_STARTED");
    } catch (error) {
      await this.remove(container.id);
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

  async *lines(id: string, signal: AbortSignal): AsyncIterable<string> {
    const options = { follow: true as const, stdout: true, abortSignal: signal };
    const stream = (await asking(this.#docker.getContainer(id).logs(options))) as unknown as Readable;
    const stdout = new PassThrough();
    this.#docker.modem.demuxStream(stream, stdout, new PassThrough().resume());
    stream.once("error", () => stdout.end());
    stream.once("close", () => stdout.end());
    stream.once("end", () => stdout.end());
    try {
      yield* createInterface({ input: stdout });
    } finally {
      stream.destroy();
    }
  }

  async output(id: string): Promise<ContainerOutput> {
    const raw = await asking(this.#docker.getContainer(id).logs({ follow: false, stdout: true, stderr: true }));
    return demultiplex(raw);
  }

  async exited(id: string, signal?: AbortSignal): Promise<number> {
    await asking(this.#docker.getContainer(id).wait(signal ? { abortSignal: signal } : {})).catch(unlessGone);
    // The answer to wait and the removal of a container can overtake each other; inspecting cannot lie.
    return (await this.inspect(id))?.exitCode ?? 0;
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

  /** By id, so that what is started is what was looked at. */
  async #imageId(reference: string): Promise<string> {
    try {
      return (await asking(this.#docker.getImage(reference).inspect())).Id;
    } catch (error) {
      if (isGone(error)) throw new RecorderError("RECORDER_IMAGE_MISSING", reference, { cause: error });
      throw error;
    }
  }
}

/** Turns what dockerode throws into an error of ours; 404 and 409 stay what they are, for the caller to judge. */
async function asking<Answer>(
  answer: Promise<Answer>,
  otherwise: "RECORDER_NOT_STARTED" | "DOCKER_UNREACHABLE" = "DOCKER_UNREACHABLE",
): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    const { statusCode, message } = EngineError.parse(error);
    if (statusCode === undefined) throw new RecorderError("DOCKER_UNREACHABLE", message, { cause: error });
    if (statusCode === 404 || statusCode === 409) throw error;
    throw new RecorderError(otherwise, message, { cause: error });
  }
}

/** 404: it never was or is removed; 409: it does not run any more. */
function isGone(error: unknown): boolean {
  const { success, data } = EngineError.safeParse(error);
  return success && (data.statusCode === 404 || data.statusCode === 409);
}

function unlessGone(error: unknown): undefined {
  if (isGone(error)) return undefined;
  throw error;
}

/** Docker Engine API, "Attach to a container", stream format: a type, three zeros, a length, and so many bytes. */
function demultiplex(raw: Buffer): ContainerOutput {
  const streams: Record<number, Buffer[]> = { 1: [], 2: [] };
  for (let at = 0; at + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(at + 4);
    streams[raw.readUInt8(at)]?.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const text = (type: number) => Buffer.concat(streams[type] ?? []).toString("utf8");
  return { stdout: text(1), stderr: text(2) };
}

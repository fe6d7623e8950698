import type { ContainerFacts, ContainerOutput, ContainerSpec, Engine, StopSignal } from "../recording/engine/engine.ts";
import { LABEL } from "../recording/engine/labels.ts";

interface FakeContainer {
  id: string;
  spec: ContainerSpec;
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  ended: PromiseWithResolvers<void>;
}

/** A fake engine: nothing runs, all requests are recorded, and a test controls the containers. */
export class FakeEngine implements Engine {
  readonly containers = new Map<string, FakeContainer>();
  readonly started: ContainerSpec[] = [];
  readonly removed: string[] = [];
  /** If set, every start throws it. */
  trouble: Error | undefined;

  async ping(): Promise<void> {}
  async require(): Promise<void> {}

  async address(): Promise<string> {
    return "192.0.2.1";
  }

  async start(spec: ContainerSpec): Promise<string> {
    if (this.trouble) throw this.trouble;
    this.started.push(spec);
    const id = `c${this.started.length}`;
    this.containers.set(id, { id, spec, exitCode: undefined, stdout: "", stderr: "", ended: Promise.withResolvers() });
    return id;
  }

  /** A container prints a line. */
  say(id: string, line: string): void {
    const container = this.#container(id);
    container.stdout += `${line}\n`;
  }

  /** A container exits. */
  end(id: string, exitCode: number, stderr = ""): void {
    const container = this.#container(id);
    container.exitCode = exitCode;
    container.stderr = stderr;
    container.ended.resolve();
  }

  /** The container that was started last and still exists. */
  get last(): string {
    return [...this.containers.keys()].at(-1) ?? "none";
  }

  async inspect(id: string): Promise<ContainerFacts | undefined> {
    const container = this.containers.get(id);
    if (!container) return undefined;
    const { spec, exitCode } = container;
    const { name, labels } = spec;
    return { id, name, labels, running: exitCode === undefined, exitCode: exitCode ?? 0 };
  }

  async gateways() {
    return [];
  }

  async list(role: string): Promise<ContainerFacts[]> {
    const facts = await Promise.all([...this.containers.keys()].map((id) => this.inspect(id)));
    return facts.filter((one) => one !== undefined).filter(({ labels }) => labels[LABEL.role] === role);
  }

  async running(role: string): Promise<string[]> {
    const listed = await this.list(role);
    return listed.filter(({ running }) => running).map(({ name }) => name);
  }

  async *lines(id: string, signal: AbortSignal): AsyncIterable<string> {
    const container = this.#container(id);
    for (let read = 0; !signal.aborted; ) {
      const lines = container.stdout.split("\n").slice(0, -1);
      while (read < lines.length) yield lines[read++] ?? "";
      if (container.exitCode !== undefined) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async output(id: string): Promise<ContainerOutput> {
    const { stdout, stderr } = this.#container(id);
    return { stdout, stderr };
  }

  async exited(id: string, signal?: AbortSignal): Promise<number | undefined> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      await Promise.race([this.#container(id).ended.promise, aborted]);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    return this.containers.get(id)?.exitCode;
  }

  async kill(id: string, _signal: StopSignal): Promise<void> {
    this.end(id, 137);
  }

  async remove(id: string): Promise<void> {
    const container = this.containers.get(id);
    if (container) this.removed.push(container.spec.name);
    this.containers.delete(id);
    container?.ended.resolve();
  }

  async ownMount(): Promise<undefined> {
    return undefined;
  }

  #container(id: string): FakeContainer {
    const container = this.containers.get(id);
    if (!container) throw new Error(`no container ${id}`);
    return container;
  }
}

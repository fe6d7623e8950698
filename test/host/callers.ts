import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Host } from "./host.ts";
import { here, WORK } from "./settings.ts";

const Connected = z.object({ peerId: z.string(), connectedAt: z.number() });
export type ConnectedCaller = z.infer<typeof Connected>;

/** Callers inside a host, all connected and sending. They hang up when their process ends. */
export class Callers implements AsyncDisposable {
  readonly all: readonly ConnectedCaller[];
  readonly #hangUp: () => Promise<void>;

  private constructor(all: ConnectedCaller[], hangUp: () => Promise<void>) {
    this.all = all;
    this.#hangUp = hangUp;
  }

  static async connect(host: Host, count: number): Promise<Callers> {
    const args = [here("callersInside.ts"), String(count), `inside-${randomUUID().slice(0, 8)}`, WORK];
    const inside = host.spawnInside(process.execPath, args);
    const exited = once(inside, "exit");
    const hangUp = async () => {
      inside.stdin?.end();
      await exited;
    };
    if (!inside.stdout) throw new Error("no stdout");
    const all: ConnectedCaller[] = [];
    for await (const line of createInterface(inside.stdout)) {
      all.push(Connected.parse(JSON.parse(line)));
      if (all.length === count) return new Callers(all, hangUp);
    }
    throw new Error(`${all.length} of ${count} callers connected`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hangUp();
  }
}

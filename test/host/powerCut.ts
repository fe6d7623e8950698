import { open, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Callers } from "./callers.ts";
import { Host } from "./host.ts";
import { startBundle } from "./hostBundle.ts";
import { inconsistencies, type Outcome, outcomes } from "./outcome.ts";

export interface PowerCut {
  outcomes: Outcome[];
  inconsistencies: string[];
  /** Whether it behaved like a power cut: flushed data is on the disk, unflushed data is not. */
  wasReal: boolean;
  /** Time from `boot` until every service was healthy. */
  upAfterSeconds: number;
}

/** Cuts a host's power during calls. @returns the host, booted again with the bundle running, and the results. */
export async function powerCut(first: Host, { callers: count = 5, callMs = 12_000 } = {}): Promise<[Host, PowerCut]> {
  let callers: Callers;
  let cutAt: number;
  {
    await using _ = await startBundle(first);
    callers = await Callers.connect(first, count);
    await delay(callMs);
    await rm(first.onDisk("written"), { force: true }); // from an earlier round
    const flushed = await open(first.onDisk("flushed"), "w");
    await flushed.writeFile("there");
    await flushed.sync();
    await flushed.close();
    await writeFile(first.onDisk("written"), "gone");
    cutAt = await first.cutPower();
  }
  const bootedAt = Date.now();
  const host = await Host.boot();
  try {
    await using _ = await startBundle(host);
    const upAfterSeconds = (Date.now() - bootedAt) / 1000;
    const found = await outcomes(callers.all, cutAt);
    const wasReal = (await textOf(host, "flushed")) === "there" && (await textOf(host, "written")) !== "gone";
    return [host, { outcomes: found, inconsistencies: await inconsistencies(host), wasReal, upAfterSeconds }];
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}

/** The content of a file on the disk; after a power cut the file may exist without its content. */
async function textOf(host: Host, name: string): Promise<string | undefined> {
  return readFile(host.onDisk(name), "utf8").catch(() => undefined);
}

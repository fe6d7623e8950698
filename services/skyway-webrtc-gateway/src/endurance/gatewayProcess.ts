import { readdirSync, readlinkSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TestGateway } from "../testing/gateway.ts";
import { LeapingClock } from "../testing/leapingClock.ts";
import type { Footprint } from "./footprint.ts";

/** Runs a gateway and its signalling for `MeasuredGateway`, and measures its resources on request. */

/** libdatachannel closes connections asynchronously, in its own threads. */
const SETTLE_MS = 1_000;
const ROUNDS_OF_COLLECTION = 3; // finalisers of collected objects may release more

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const clock = new LeapingClock();
const gateway = await TestGateway.open({ clock });
process.on("message", ({ leapMs }: { leapMs: number }) => void footprint(leapMs).then((seen) => process.send?.(seen)));
process.on("disconnect", () => process.exit());
process.send?.({ origin: gateway.origin, signalingOrigin: gateway.signalingOrigin });

async function footprint(leapMs: number): Promise<Footprint> {
  clock.leap(leapMs);
  for (let round = 0; round < ROUNDS_OF_COLLECTION; round++) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS / ROUNDS_OF_COLLECTION));
    collectGarbage();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { neededBytes: heapUsed + external, residentBytes: rss, sockets: sockets() };
}

function sockets(): number {
  const target = (descriptor: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ""; // the descriptor of this directory listing
    }
  };
  return readdirSync("/proc/self/fd").filter((descriptor) => target(descriptor).startsWith("socket:")).length;
}

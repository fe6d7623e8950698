/**
 * Throws malformed input at everything that reads what strangers send, and looks at what is left of it in memory:
 *
 *   ./scripts/bench fuzz [inputs for each, 100000] [seed]
 *
 * Ends with 1 at the first input that breaks something, which it prints with the seed that makes it again.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fuzzMetadata } from "../../orchestrator/src/testing/fuzzMetadata.ts";
import { fuzzMessages } from "../../services/signaling/src/fuzz/fuzzMessages.ts";
import { fuzzWire } from "../../services/signaling/src/fuzz/fuzzWire.ts";
import { openSignaling } from "../../services/signaling/src/testing/signaling.ts";
import { fuzzBindings } from "../../services/skyway-webrtc-gateway/src/fuzz/fuzzBindings.ts";
import { fuzzLibrary, fuzzOffers } from "../../services/skyway-webrtc-gateway/src/fuzz/fuzzOffers.ts";
import { fuzzPackets } from "../../services/skyway-webrtc-gateway/src/fuzz/fuzzPackets.ts";
import { freeUdpPort } from "../../services/skyway-webrtc-gateway/src/testing/udpReceiver.ts";

const [runs = 100_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const MEBIBYTE = 1024 * 1024;
/** More than that is kept of what was thrown away: a leak of some 300 bytes an input shows. */
const GROWTH_LIMIT_BYTES = 32 * MEBIBYTE;
const WARM_UP = 0.1;
/** libdatachannel ends its connections in threads of its own, some time after it was told to. */
const SETTLE_MS = 2_000;

const TARGETS: Record<string, (seed: number, runs: number) => unknown> = {
  "gateway: offers": fuzzOffers,
  "gateway: offers and candidates, through the library": async (seed, runs) =>
    fuzzLibrary(seed, runs, await freeUdpPort()),
  "gateway: RTP and RTCP": fuzzPackets,
  "gateway: STUN": fuzzBindings,
  "signalling: messages": fuzzMessages,
  "signalling: packets on the wire": async (seed, runs) => {
    await using signaling = await openSignaling();
    await fuzzWire(signaling, seed, Math.ceil(runs / 2)); // by each of two protocol versions
  },
  "orchestrator: peer ids and metadata": fuzzMetadata,
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

process.stdout.write(`seed ${seed}\n`);
for (const [name, fuzz] of Object.entries(TARGETS)) {
  await fuzz(seed + 1, Math.ceil(runs * WARM_UP)); // what is loaded and compiled once is no growth
  const before = await memory();
  const start = performance.now();
  await fuzz(seed, runs);
  const seconds = (performance.now() - start) / 1000;
  const after = await memory();
  const grown = (after.heap - before.heap) / MEBIBYTE;
  const resident = (after.resident - before.resident) / MEBIBYTE;
  process.stdout.write(
    `${name}: ${runs} inputs in ${seconds.toFixed(0)} s, heap ${signed(grown)} MiB, resident ${signed(resident)} MiB\n`,
  );
  if (after.heap - before.heap > GROWTH_LIMIT_BYTES) throw new Error(`${name} keeps what it should let go`);
}
// Connections that were cut off in the middle would keep the process for a while.
process.exit(0);

async function memory(): Promise<{ heap: number; resident: number }> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

function signed(number: number): string {
  return `${number < 0 ? "" : "+"}${number.toFixed(1)}`;
}

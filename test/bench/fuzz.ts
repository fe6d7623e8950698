/**
 * Sends malformed input to everything that parses untrusted data, and checks for memory leaks:
 *
 *   ./scripts/bench fuzz [inputs for each, 100000] [seed]
 *
 * Exits with 1 at the first input that breaks something, and prints it with the seed that reproduces it.
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
/** Heap growth above this is a leak. This detects a leak of about 300 bytes per input. */
const GROWTH_LIMIT_BYTES = 32 * MEBIBYTE;
const WARM_UP = 0.1;
/** libdatachannel closes connections in its own threads, some time after the request. */
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
    await fuzzWire(signaling, seed, Math.ceil(runs / 2)); // half with each of two protocol versions
  },
  "orchestrator: peer ids and metadata": fuzzMetadata,
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

process.stdout.write(`seed ${seed}\n`);
for (const [name, fuzz] of Object.entries(TARGETS)) {
  await fuzz(seed + 1, Math.ceil(runs * WARM_UP)); // one-time loading and compiling does not count as growth
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
  if (after.heap - before.heap > GROWTH_LIMIT_BYTES) throw new Error(`${name} leaks memory`);
}
// Interrupted connections would keep the process alive for a while.
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

import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { MeasuredGateway } from "../../services/skyway-webrtc-gateway/src/endurance/measuredGateway.ts";
import { type ForwardingCost, RunningCalls } from "../../services/skyway-webrtc-gateway/src/endurance/restarts.ts";

/**
 * scripts/bench restarts [--calls N] [--seconds S]: compares the CPU time per packet of two gateways, one of which has
 * restarted ICE in all its calls. After an ICE restart, packets pass through the gateway's own ICE agent
 * (docs/decisions/0020-ice-restarts.md).
 */
const { values } = parseArgs({
  options: { calls: { type: "string", default: "10" }, seconds: { type: "string", default: "20" } },
});
const [calls, seconds] = [Number(values.calls), Number(values.seconds)];
if (!(calls > 0 && seconds > 0)) throw new Error("calls and seconds are numbers");
/** Until the JIT compiler has optimised both. */
const WARM_UP_MS = 10_000;

const open = async () => RunningCalls.open(await MeasuredGateway.open(), calls);
const [plain, restarted] = [await open(), await open()];
await restarted.restartIce();
await wait(WARM_UP_MS);
const ms = seconds * 1_000;
const [one, other] = await Promise.all([plain.forwardingCost(ms), restarted.forwardingCost(ms)]);
const inWords = ({ cpuMs, packets }: ForwardingCost) => `${cpuMs.toFixed(1)} ms for 1,000 packets, of ${packets}`;
process.stdout.write(`never restarted: ${inWords(one)}\nrestarted: ${inWords(other)}\n`);
process.stdout.write(`ratio: ${(other.cpuMs / one.cpuMs).toFixed(2)}\n`);
// libdatachannel's threads would keep the process alive for a while.
process.exit(0);

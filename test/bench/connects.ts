import { parseArgs } from "node:util";
import { connectInARow } from "../../services/skyway-webrtc-gateway/src/endurance/connects.ts";
import { FORGOTTEN_AFTER_MS, growth, inWords } from "../../services/skyway-webrtc-gateway/src/endurance/footprint.ts";
import { MeasuredGateway } from "../../services/skyway-webrtc-gateway/src/endurance/measuredGateway.ts";

/**
 * scripts/bench connects [--calls N]: makes calls with the gateway's own WebRTC library, one after another. Reports how
 * many did not connect, how long the others took, and the gateway's memory use afterwards.
 */
const { values } = parseArgs({ options: { calls: { type: "string", default: "500" } } });
const calls = Number(values.calls);
if (!(calls > 0)) throw new Error("calls is a number");
const WARM_UP = 50;
const STEP = 100;

const say = (line: string) => void process.stdout.write(`${line}\n`);

const gateway = await MeasuredGateway.open();
await connectInARow(gateway, WARM_UP);
const before = await gateway.footprint(FORGOTTEN_AFTER_MS);
say(`before: ${inWords(before)}`);
const connects = [];
while (connects.length < calls) {
  const step = Math.min(STEP, calls - connects.length);
  connects.push(...(await connectInARow(gateway, step)));
  say(`${connects.length} calls: ${inWords(await gateway.footprint(FORGOTTEN_AFTER_MS))}`);
}
const after = await gateway.footprint();
const failures = connects.flatMap(({ failure }) => failure ?? []);
const times = connects.filter(({ failure }) => !failure).map(({ ms }) => ms);
times.sort((a, b) => a - b);
const share = (of: number) =>
  Math.round(times[Math.min(times.length - 1, Math.floor(times.length * of))] ?? Number.NaN);
say(
  `${calls} calls, ${failures.length} failed; connected in ${share(0.5)} ms (median), ${share(0.99)} ms (99 of 100), ${share(1)} ms (slowest)`,
);
for (const failure of failures) say(`WRONG: ${failure}`);
const more = growth(before, after);
for (const complaint of more) say(`WRONG: ${complaint}`);
// libdatachannel's threads would keep the process alive for a while.
process.exit(failures.length + more.length === 0 ? 0 : 1);

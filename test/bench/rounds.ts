import { parseArgs } from "node:util";
import { FORGOTTEN_AFTER_MS, growth, inWords } from "../../services/skyway-webrtc-gateway/src/endurance/footprint.ts";
import { MeasuredGateway } from "../../services/skyway-webrtc-gateway/src/endurance/measuredGateway.ts";
import { createAndDelete } from "../../services/skyway-webrtc-gateway/src/endurance/rounds.ts";

/**
 * scripts/bench rounds [--rounds N]: creates and removes peers, ports, calls and data connections with the gateway's
 * API, and reports what is left of them.
 */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "10000" } } });
const rounds = Number(values.rounds);
if (!(rounds > 0)) throw new Error("rounds is a number");
const WARM_UP = 500;
const STEP = 1_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

const gateway = await MeasuredGateway.open();
await createAndDelete(gateway, WARM_UP);
const before = await gateway.footprint(FORGOTTEN_AFTER_MS);
say(`before: ${inWords(before)}`);
let after = before;
for (let done = 0; done < rounds; ) {
  const step = Math.min(STEP, rounds - done);
  await createAndDelete(gateway, step);
  done += step;
  after = await gateway.footprint(FORGOTTEN_AFTER_MS);
  say(`${done} rounds: ${inWords(after)}`);
}
const more = growth(before, after);
for (const complaint of more) say(`WRONG: ${complaint}`);
process.exit(more.length === 0 ? 0 : 1);

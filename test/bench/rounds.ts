import { parseArgs } from "node:util";
import { EnduredGateway, type Footprint } from "../../services/skyway-webrtc-gateway/src/endurance/enduredGateway.ts";
import { createAndDelete } from "../../services/skyway-webrtc-gateway/src/endurance/rounds.ts";

/**
 * scripts/bench rounds [--rounds N]: peers, ports, calls and data connections made and taken away again by the gateway's
 * API, and what is left of them.
 */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "10000" } } });
const rounds = Number(values.rounds);
if (!(rounds > 0)) throw new Error("rounds is a number");
const WARM_UP = 500;
const STEP = 1_000;
/** After it calls and peers are forgotten. */
const FORGOTTEN_AFTER_MS = 11 * 60_000;
const GROWTH_LIMIT_BYTES = 2 * 1024 * 1024;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
const inWords = ({ neededBytes, residentBytes, sockets }: Footprint) =>
  `${mebibytes(neededBytes)} MiB needed, ${mebibytes(residentBytes)} MiB resident, ${sockets} sockets`;

const gateway = await EnduredGateway.open();
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
const grown = after.neededBytes - before.neededBytes;
if (grown > GROWTH_LIMIT_BYTES) say(`WRONG: the gateway needs ${mebibytes(grown)} MiB more`);
if (after.sockets > before.sockets) say(`WRONG: ${after.sockets - before.sockets} sockets more are open`);
process.exit(grown <= GROWTH_LIMIT_BYTES && after.sockets <= before.sockets ? 0 : 1);

/**
 * Sends malformed RTP, RTCP and offers inside established sessions of the bundle, beside a call whose sound and picture
 * are then compared with what was sent:
 *
 *   ./scripts/bench hostile [packets, 100000] [seed]
 *
 * Exits with 1 if anything of the call is missing, or a service has crashed.
 */
import { isDeepStrictEqual } from "node:util";
import { down, up } from "../bundle/lifecycle.ts";
import { memoryOf, startsOf } from "../bundle/services.ts";
import { besideHostility } from "../senders/hostileSession.ts";
import { mebibytes } from "../soak/soak.ts";

const [inputs = 100_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const WATCHED = ["skyway-webrtc-gateway", "signaling", "orchestrator"];
const say = (line: string) => void process.stdout.write(`${line}\n`);
const memory = async () =>
  (await Promise.all(WATCHED.map(async (name) => `${name} ${mebibytes(await memoryOf(name))} MiB`))).join(", ");

await down();
await up();
let wrong = true;
try {
  say(`seed ${seed}`);
  const before = await startsOf();
  say(`before: ${await memory()}`);
  const { found, complaints, packets, offers } = await besideHostility(inputs, seed);
  say(`${packets} packets and ${offers} offers; the call beside them: ${found}`);
  say(`after: ${await memory()}`);
  const crashed = !isDeepStrictEqual(await startsOf(), before);
  for (const complaint of [...complaints, ...(crashed ? ["a service has crashed"] : [])]) say(`WRONG: ${complaint}`);
  wrong = crashed || complaints.length > 0;
} finally {
  await down();
}
// libdatachannel's threads would keep the process alive for a while.
process.exit(wrong ? 1 : 0);

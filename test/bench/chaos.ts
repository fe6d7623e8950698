import { parseArgs } from "node:util";
import { down, up } from "../bundle/lifecycle.ts";
import { serviceLog } from "../bundle/services.ts";
import { chaos } from "../chaos/chaos.ts";
import { inWords } from "../chaos/tally.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** scripts/bench chaos --minutes N [--seed S] [--callers C]: calls a test bundle while its parts are killed and frozen. */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    callers: { type: "string", default: "4" },
  },
});
const options = { seed: Number(values.seed), forMs: Number(values.minutes) * 60_000, callers: Number(values.callers) };
if (Object.values(options).some((value) => !(value > 0))) throw new Error("minutes, seed and callers are numbers");

say(`seed ${options.seed}, ${values.minutes} minutes, ${options.callers} callers at once`);
await down();
await up();
try {
  const tally = await chaos({ ...options, say: (line) => say(`${new Date().toISOString()} ${line}`) });
  say(inWords(tally));
  // Why a call has no file.
  for (const leg of tally.legs.filter(({ state }) => state === "failed")) {
    say(JSON.stringify(leg));
    const log = (await serviceLog("orchestrator")).split("\n");
    say(log.filter((line) => line.includes(leg.id)).join("\n"));
  }
  process.exitCode = tally.ready === tally.calls && tally.lies.length === 0 ? 0 : 1;
} finally {
  await down();
}

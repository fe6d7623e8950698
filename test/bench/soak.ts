import { parseArgs } from "node:util";
import { down, up } from "../bundle/lifecycle.ts";
import { soak } from "../soak/soak.ts";
import { complaints, inWords } from "../soak/verdict.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** scripts/bench soak [--calls N] [--at-once N] [--minutes N]: reports what calls leave behind in a test bundle. */
const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "500" },
    "at-once": { type: "string", default: "20" },
    minutes: { type: "string", default: "10" },
  },
});
const options = {
  calls: Number(values.calls),
  atOnce: Number(values["at-once"]),
  atOnceMs: Number(values.minutes) * 60_000,
};
if (Object.values(options).some((value) => !(value > 0))) throw new Error("calls, at-once and minutes are numbers");

await down();
await up();
try {
  const report = await soak({ ...options, warmUpCalls: 30, say: (line) => say(`${new Date().toISOString()} ${line}`) });
  say(inWords(report));
  const wrong = complaints(report);
  for (const complaint of wrong) say(`WRONG: ${complaint}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await down();
}
// libdatachannel's threads would keep the process alive for a while.
process.exit();

import { parseArgs } from "node:util";
import { down, up } from "../bundle/lifecycle.ts";
import { SENDER_CASES } from "../senders/cases.ts";

/** scripts/bench senders [--only TEXT]: sends from unusual senders, and prints what was recorded of each. */
const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const cases = SENDER_CASES.filter(({ name }) => name.includes(values.only));
if (cases.length === 0) throw new Error(`no sender is named like "${values.only}"`);

const say = (line: string) => void process.stdout.write(`${line}\n`);

await down();
await up();
let wrong = 0;
try {
  say("\n| sender | came out | wrong |\n|---|---|---|");
  for (const { name, run } of cases) {
    const { found, complaints } = await run().catch((error: unknown) => ({
      found: "",
      complaints: [error instanceof Error ? error.message : String(error)],
    }));
    wrong += complaints.length > 0 ? 1 : 0;
    say(`| ${[name, found, complaints.join("; ")].map((cell) => cell.replaceAll(/\s+/g, " ")).join(" | ")} |`);
  }
  say(`\n${cases.length - wrong} of ${cases.length} right`);
} finally {
  await down();
}
// libdatachannel's threads would keep the process alive for a while.
process.exit(wrong === 0 ? 0 : 1);

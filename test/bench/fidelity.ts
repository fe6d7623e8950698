/**
 * Calls the recorder with a test pattern over different networks, decodes the recordings and rates them. Writes the
 * table and the plot of docs/fidelity.md.
 *
 *   scripts/bench fidelity [--seconds 30] [--browser chromium|firefox|both] [--seed 1] [--only <part of a name>]
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BrowserName } from "../browsers/browser.ts";
import { launch } from "../browsers/launch.ts";
import { down, up } from "../bundle/lifecycle.ts";
import { allHealthy } from "../bundle/services.ts";
import { REPOSITORY } from "../bundle/settings.ts";
import { CONDITIONS, type Condition } from "../fidelity/conditions.ts";
import { measureCall } from "../fidelity/measuredCall.ts";
import { measureReconnect } from "../fidelity/reconnect.ts";
import { describeReconnect, offsetPlot, type Row, table } from "../fidelity/reportPage.ts";
import { judge } from "../fidelity/verdict.ts";
import { servePages } from "../pages/pageServer.ts";

const PAGE = join(REPOSITORY, "docs", "fidelity.md");
const PLOT = join(REPOSITORY, "docs", "images", "fidelity-offsets.svg");
const BEGIN = "<!-- measured: begin -->";
const END = "<!-- measured: end -->";
const RECONNECT = { talkMs: 10_000, outageMs: 30_000 };

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    browser: { type: "string", default: "chromium" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
const browsers: BrowserName[] = values.browser === "both" ? ["chromium", "firefox"] : [values.browser as BrowserName];
const plan = { seconds: Number(values.seconds), seed: Number(values.seed) };
const wanted = CONDITIONS.filter(({ name }) => name.includes(values.only));

const isStartedHere = !(await allHealthy());
if (isStartedHere) await up();
try {
  const rows: Row[] = [];
  for (const browser of browsers) for (const condition of wanted) rows.push(await measure(browser, condition));
  process.stdout.write(`\n${table(rows)}\n`);
  if (values.only === "") {
    const reconnects: string[] = [];
    for (const browser of browsers) reconnects.push(await reconnect(browser));
    process.stdout.write(`\n${reconnects.join("\n\n")}\n`);
    await write(rows, reconnects);
  }
  if (rows.some(({ verdict }) => verdict.faults.length > 0)) process.exitCode = 1;
} finally {
  if (isStartedHere) await down();
}

async function measure(name: BrowserName, condition: Condition): Promise<Row> {
  process.stderr.write(`${condition.name}, ${name}: ${plan.seconds} s …\n`);
  const pages = await servePages();
  const browser = await launch[name]();
  try {
    const measured = await measureCall(browser, pages.origin, { ...plan, impairment: condition.impairment });
    return {
      verdict: judge(condition, measured),
      browser: name,
      seconds: plan.seconds,
      packetsLost: measured.relay.lost,
      packetsPassed: measured.relay.passed,
      offsets: measured.offsets?.points ?? [],
      scatterMs: measured.reference && Math.max(...Object.values(measured.reference.scatterMs)),
    };
  } finally {
    await browser.close();
    await pages.close();
  }
}

/** A network outage that lasts longer than a connection survives. */
async function reconnect(name: BrowserName): Promise<string> {
  process.stderr.write(`outage of ${RECONNECT.outageMs / 1000} s, ${name} …\n`);
  const pages = await servePages();
  const browser = await launch[name]();
  try {
    const { parts } = await measureReconnect(browser, pages.origin, { ...RECONNECT, seed: plan.seed });
    if (parts.some(({ lost }) => lost.audio + lost.video > 0)) process.exitCode = 1;
    return describeReconnect(name, RECONNECT.outageMs / 1000, parts);
  } finally {
    await browser.close();
    await pages.close();
  }
}

async function write(rows: readonly Row[], reconnects: readonly string[]): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const [before = "", rest = ""] = page.split(BEGIN);
  const [, after = ""] = rest.split(END);
  const scatter = Math.max(...rows.map(({ scatterMs }) => scatterMs ?? 0));
  const note = `Calls of ${plan.seconds} s, seed ${plan.seed}, ${new Date().toISOString().slice(0, 10)}; the reference receiver's own clock scattered by ${scatter.toFixed(1)} ms at most.`;
  await mkdir(join(REPOSITORY, "docs", "images"), { recursive: true });
  await writeFile(PLOT, offsetPlot(rows));
  await writeFile(PAGE, `${before}${BEGIN}\n${note}\n\n${table(rows)}\n\n${reconnects.join("\n\n")}\n${END}${after}`);
}

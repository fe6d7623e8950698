/**
 * Prints how long each test file took, what failed or passed on a retry and why, and as the last line the sum of all
 * tests and checks. Exits with 1 if anything failed. The end of a long log has all that matters.
 *
 *   node scripts/testSummary.ts <folder of vitest's JSON reports> <checks passed> <checks failed> <project>…
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";

const REASON_LINES = 3;
/** Files that take less are summed up. */
const LISTED_SECONDS = 5;

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numTotalTestSuites: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      /** Unix time in milliseconds. */
      startTime: z.number(),
      endTime: z.number(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
});

const [folder = "", checksPassed = "0", checksFailed = "0", ...projects] = process.argv.slice(2);
let passed = Number(checksPassed);
let failed = Number(checksFailed);

for (const project of projects) {
  try {
    const report = Report.parse(JSON.parse(readFileSync(join(folder, `${project}.json`), "utf8")));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    process.stdout.write([...timesOf(project, report), ...retriesOf(report), ...failuresOf(report)].join(""));
    // A file that could not even be loaded, or no test at all, is a failure that no test counts.
    if (report.numFailedTests === 0 && (!report.success || report.numPassedTests === 0)) failed += 1;
  } catch (error) {
    process.stderr.write(`no report for the ${project} tests: ${error instanceof Error ? error.message : error}\n`);
    failed += 1;
  }
}

process.stdout.write(`tests: ${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

function timesOf(project: string, { testResults }: z.infer<typeof Report>): string[] {
  const files = testResults
    .map(({ name, startTime, endTime }) => ({
      name: relative(process.cwd(), name),
      seconds: (endTime - startTime) / 1000,
    }))
    .sort((one, other) => other.seconds - one.seconds);
  const short = files.filter(({ seconds }) => seconds < LISTED_SECONDS);
  const rest = { name: `${short.length} shorter files`, seconds: short.reduce((sum, { seconds }) => sum + seconds, 0) };
  const rows = [...files.slice(0, files.length - short.length), rest];
  return [
    `Seconds of the ${project} tests, by file\n`,
    ...rows.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(8)}  ${name}\n`),
  ];
}

function retriesOf({ testResults }: z.infer<typeof Report>): string[] {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === "passed" && failureMessages?.length)
      .map(({ fullName, failureMessages }) =>
        entry("PASSED ON RETRY", `${relative(process.cwd(), name)}: ${fullName}`, failureMessages?.join("\n") ?? ""),
      ),
  );
}

function failuresOf({ testResults }: z.infer<typeof Report>): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failures = assertionResults
      .filter((test) => test.status === "failed")
      .map(({ fullName, failureMessages }) => failure(`${file}: ${fullName}`, failureMessages?.join("\n") ?? ""));
    return failures.length || status !== "failed" ? failures : [failure(file, message)];
  });
}

function failure(name: string, reason: string): string {
  return entry("FAILED", name, reason);
}

function entry(verdict: string, name: string, reason: string): string {
  const lines = reason.split("\n").filter((line) => line.trim() && !/^\s+at /.test(line));
  return [`${verdict} ${name}`, ...lines.slice(0, REASON_LINES).map((line) => `    ${line.trim()}`), ""].join("\n");
}

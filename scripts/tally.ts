/**
 * Sums what the test runs and the checks found, prints it as the last line, and exits with 1 if anything failed.
 *
 *   node scripts/tally.ts <folder of vitest's JSON reports> <checks passed> <checks failed> <project>…
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numTotalTestSuites: z.number(),
  success: z.boolean(),
});

const [folder = "", checksPassed = "0", checksFailed = "0", ...projects] = process.argv.slice(2);
let passed = Number(checksPassed);
let failed = Number(checksFailed);

for (const project of projects) {
  try {
    const report = Report.parse(JSON.parse(readFileSync(join(folder, `${project}.json`), "utf8")));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    // A file that could not even be loaded, or no test at all, is a failure that no test counts.
    if (report.numFailedTests === 0 && (!report.success || report.numPassedTests === 0)) failed += 1;
  } catch (error) {
    process.stderr.write(`no report of the ${project} tests: ${error instanceof Error ? error.message : error}\n`);
    failed += 1;
  }
}

process.stdout.write(`tests: ${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

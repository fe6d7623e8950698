import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Number of end-to-end test files that run at the same time, each with its own bundle. scripts/test sets it to two. */
const BUNDLES = Number(process.env["E2E_BUNDLES"] ?? 1);

const E2E = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // A test may fail because two cores are busy with browsers and ffmpeg, so it is retried, at most twice. scripts/test
  // lists the retried tests: each shows a defect of the product or of the test, and must be looked into.
  retry: 2,
  // Files in one worker share modules: loading browser drivers again for each file takes seconds of CPU time.
  isolate: false,
};
/** These measure, need both cores, or need a disk that no other container has mounted, so they run alone. */
const ALONE = ["bandwidth", "chaos", "fidelity", "film", "gateways", "live", "load", "soak", "volume"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** Unit tests are beside the code they test; end-to-end tests need a Docker engine and browsers. */
export default defineConfig({
  test: {
    // The end-to-end tests remove the test bundles and their volumes at the end.
    teardownTimeout: 180_000,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "scripts/**/*.test.ts",
            "orchestrator/src/**/*.test.ts",
            "services/*/src/**/*.test.{ts,tsx}",
            "test/{chaos,fidelity}/**/*.test.ts",
          ],
          // Limits for tests that hang. A busy host must not fail tests that are only slow.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
          // Files in one worker share modules: loading them again for each file took 40 % of the CPU time.
          isolate: false,
          // Slow unit tests mostly wait, so four workers for each core are useful.
          maxWorkers: 4 * availableParallelism(),
        },
      },
      {
        test: {
          ...E2E,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: BUNDLES > 1 ? ALONE : [],
          globalSetup: ["test/e2e/globalSetup.ts"],
          maxWorkers: BUNDLES,
          sequence: { groupOrder: 1 },
        },
      },
      ...(BUNDLES > 1
        ? [{ test: { ...E2E, name: "e2e-alone", include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } } }]
        : []),
    ],
  },
});

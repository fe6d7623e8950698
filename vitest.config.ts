import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** So many end-to-end files at a time, each with a bundle of its own; scripts/test has two. */
const BUNDLES = Number(process.env["E2E_BUNDLES"] ?? 1);

const E2E = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
};
/** They measure, need both cores, or a disk that no container of others has: nothing else runs meanwhile. */
const ALONE = ["bandwidth", "chaos", "fidelity", "film", "gateways", "live", "soak", "volume"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** Unit tests stand beside the code they test; end-to-end tests need a Docker engine and browsers. */
export default defineConfig({
  test: {
    // Taking the test bundles away, their volumes too, is part of the end-to-end tests.
    teardownTimeout: 180_000,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "scripts/**/*.test.ts",
            "orchestrator/src/**/*.test.ts",
            "services/*/src/**/*.test.{ts,tsx}",
            "test/fidelity/**/*.test.ts",
          ],
          // Most of what takes long waits for something.
          maxWorkers: 2 * availableParallelism(),
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

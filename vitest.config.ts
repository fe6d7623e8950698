import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Unit tests stand beside the code they test; end-to-end tests need a Docker engine and browsers. */
export default defineConfig({
  test: {
    // Taking the test bundle away, its volumes too, is part of the end-to-end tests.
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
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/e2e/globalSetup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // One bundle is shared by all files, and two cores carry browsers and ffmpeg besides.
          fileParallelism: false,
          // What they were too busy for once is tried again; scripts/test names it, for it may be a defect all the same.
          retry: 1,
        },
      },
    ],
  },
});

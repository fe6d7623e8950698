import { defineConfig } from "vitest/config";

/** Unit tests stand beside the code they test; end-to-end tests need a Docker engine and browsers. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["orchestrator/src/**/*.test.ts", "services/*/src/**/*.test.{ts,tsx}", "test/fidelity/**/*.test.ts"],
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
        },
      },
    ],
  },
});

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // needs engines, minutes and a command of its own
    exclude: ["test/e2e/**"],
    // runs of the SDK are kept apart by the recording engine, so one process can serve all files, which saves a second per file
    isolate: false,
    // vitest keeps a core free, which of two is half
    maxWorkers: "100%",
    env: {
      // an Output in a template string is an error instead of a text about Outputs
      PULUMI_ERROR_OUTPUT_STRING: "true",
    },
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});

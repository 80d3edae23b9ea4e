import { defineConfig } from "vitest/config";

/** Tests on real engines: one file at a time, each a story whose later steps need the earlier ones. */
export default defineConfig({
  test: {
    root: "test/e2e",
    include: ["**/*.test.ts"],
    fileParallelism: false,
    bail: 1,
    testTimeout: 10 * 60_000,
    hookTimeout: 10 * 60_000,
  },
});

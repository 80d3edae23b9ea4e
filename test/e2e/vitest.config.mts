import { defineConfig } from "vitest/config";

/** Tests on real engines: one file at a time, each a story whose later steps need the earlier ones. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    fileParallelism: false,
    bail: 1,
    testTimeout: 20 * 60_000,
    hookTimeout: 10 * 60_000,
  },
});

import { defineConfig } from "vitest/config";

// Measures of the page; run by hand (`make bench-web`), not with the tests.
export default defineConfig({
  test: {
    root: "..",
    include: ["bench/web/*.bench.ts"],
    globals: true, // bench/ has no packages of its own to import from
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 300_000,
  },
});

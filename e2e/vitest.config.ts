import { defineConfig } from "vitest/config";

// Every file starts portals, queues and databases of its own; files run one
// after another so that two cores are enough for a browser.
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

import { defineConfig } from "vitest/config";

// `make chaos`: longer than what every run of the tests can afford.
export default defineConfig({
  test: { include: ["chaos/**/*.test.ts"], fileParallelism: false, hookTimeout: 120_000 },
});

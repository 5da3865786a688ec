import { defineConfig } from "vitest/config";

/** Across modules, and fast all the same. */
const fastAcross = [
  "test/dependencies.test.ts",
  "test/imports.test.ts",
  "test/leaveCudaOut.test.ts",
  "test/words.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: "fast", include: ["src/**/*.test.ts", ...fastAcross], exclude: ["**/*.slow.test.ts"] },
      },
      {
        extends: true,
        test: { name: "slow", include: ["src/**/*.slow.test.ts", "test/**/*.test.ts"], exclude: fastAcross },
      },
    ],
  },
});

import { expect, it } from "vitest";
import { choosePoolSize } from "./session.ts";

const cpu = { threads: 2, provider: "cpu" };

it.each([
  ["2 for two threads and several parts", cpu, 2, 2],
  ["2 for many threads", { ...cpu, threads: 16 }, 8, 2],
  ["1 for one part", cpu, 1, 1],
  ["1 for one thread", { ...cpu, threads: 1 }, 8, 1],
  ["1 for threads that two cannot share", { ...cpu, threads: 3 }, 8, 1],
  ["1 for a graphics card", { ...cpu, provider: "cuda" }, 8, 1],
  ["4 where 4 is given", { ...cpu, poolSize: 4 }, 1, 4],
])("the size of a session pool: %s", (_, options, parts, expected) => {
  expect(choosePoolSize(options, parts)).toBe(expected);
});

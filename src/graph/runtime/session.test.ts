import { expect, it } from "vitest";
import { choosePoolSize } from "./session.ts";

const cpu = { threads: 2, provider: "cpu" };

it.each([
  ["two threads and several parts", cpu, 2, 2],
  ["many threads", { ...cpu, threads: 16 }, 8, 2],
  ["one part", cpu, 1, 1],
  ["one thread", { ...cpu, threads: 1 }, 8, 1],
  ["threads that two cannot share", { ...cpu, threads: 3 }, 8, 1],
  ["a graphics card", { ...cpu, provider: "cuda" }, 8, 1],
  ["a number that is given", { ...cpu, poolSize: 4 }, 1, 4],
])("%s", (_, options, parts, expected) => {
  expect(choosePoolSize(options, parts)).toBe(expected);
});

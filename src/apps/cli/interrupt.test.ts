import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { listenForInterrupt } from "./program.ts";

function listen() {
  const source = new EventEmitter();
  const said: string[] = [];
  const exits: number[] = [];
  const interrupt = listenForInterrupt({ source, say: (line) => said.push(line), exit: (code) => exits.push(code) });
  return { source, said, exits, interrupt };
}

test("the first signal aborts, the second exits at once", () => {
  const { source, said, exits, interrupt } = listen();
  expect(interrupt.signal.aborted).toBe(false);
  source.emit("SIGINT");
  expect(interrupt.signal.aborted).toBe(true);
  expect(said).toEqual(["stopping after this step; press again to stop at once"]);
  expect(exits).toEqual([]);
  source.emit("SIGTERM");
  expect(exits).toEqual([130]);
});

test("SIGTERM aborts like Ctrl-C", () => {
  const { source, interrupt } = listen();
  source.emit("SIGTERM");
  expect(interrupt.signal.aborted).toBe(true);
});

test("releases the signals after the work", () => {
  const { source, interrupt } = listen();
  interrupt.dispose();
  expect(source.eventNames()).toEqual([]);
});

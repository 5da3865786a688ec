import { expect, it } from "vitest";
import type { EngineDescription } from "../model/engine.ts";
import type { SessionState } from "../model/pageSession.ts";
import { chipOf } from "./chip.ts";

const description: EngineDescription = {
  classes: [],
  backbone: { name: "b", sha256: "0" },
  runsOn: "x",
  unsureBelow: 0.5,
};
const states: readonly SessionState[] = (["browser", "server"] as const).flatMap((mode) => [
  { kind: "loading", mode, bytes: 2_500_000 },
  { kind: "ready", mode, description },
  { kind: "failed", mode, message: "no" },
]);

it("says where pictures are read", () => {
  expect(states.map((state) => chipOf(state, false).text)).toEqual([
    ...["Loading the model… 2.5 MB", "On your device", "Not available"],
    ...["Connecting…", "On your server", "Not available"],
  ]);
  expect(chipOf({ kind: "loading", mode: "browser", bytes: 0 }, false).text).toBe("Loading the model…");
});

it("says that a view works on the device whatever the server does", () => {
  expect(states.map((state) => chipOf(state, true).text)).toEqual([
    ...["Loading the model… 2.5 MB", "On your device", "Not available"],
    ...["On your device", "On your device", "On your device"],
  ]);
});

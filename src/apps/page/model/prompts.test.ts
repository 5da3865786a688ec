import { expect, it } from "vitest";
import type { EngineDescription } from "./engine.ts";
import { hasOtherPrompts, promptsText } from "./prompts.ts";

const zeroShot: EngineDescription = {
  classes: [],
  backbone: { name: "b", sha256: "0" },
  runsOn: "x",
  unsureBelow: 0.5,
};
const bundled: EngineDescription = { ...zeroShot, checkpoint: "prompts.safetensors", isBundled: true };
const own: EngineDescription = { ...zeroShot, checkpoint: "prompts.safetensors" };

it("names prompts by their file only where they are not bundled", () => {
  expect([zeroShot, bundled, own].map(promptsText)).toEqual([
    ...["zero-shot, with hard prompts", "bundled with the model", "prompts.safetensors"],
  ]);
});

it("finds a checkpoint that was loaded into this browser", () => {
  const inMode = (mode: "browser" | "server") => (description: EngineDescription) =>
    hasOtherPrompts({ kind: "ready", mode, description });
  expect([zeroShot, bundled, own].map(inMode("browser"))).toEqual([false, false, true]);
  expect([zeroShot, bundled, own].map(inMode("server"))).toEqual([false, false, false]);
  expect(hasOtherPrompts({ kind: "loading", mode: "browser", bytes: 0 })).toBe(false);
});

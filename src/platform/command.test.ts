import { expect, it } from "vitest";
import { commandText, helpHint, shellWord } from "./command.ts";

it("writes commands as they can be typed", () => {
  expect(commandText("doctor")).toBe("npx mpa-fer doctor");
  expect(helpHint("train")).toBe("see npx mpa-fer train --help");
  expect(helpHint()).toBe("see npx mpa-fer --help");
});

it("quotes words that a shell would split or expand", () => {
  expect(["a/b-1.pt", "--out=x", "my faces", "it's", "$HOME", ""].map(shellWord)).toEqual([
    ...["a/b-1.pt", "--out=x", "'my faces'", "'it'\\''s'", "'$HOME'", "''"],
  ]);
});

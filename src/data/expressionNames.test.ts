import { expect, it } from "vitest";
import { expressionNamed, isSameClass, readClassNames } from "./expressionNames.ts";
import { ferClasses } from "./sample.ts";

it("recognises other spellings of the eight expressions", () => {
  const words = ["Angry", "HAPPY", "sad", "scared", "fearful", "Disgusted", "surprised", "contemptuous", "neutrality"];
  expect(words.map(expressionNamed)).toEqual([
    ...["anger", "happiness", "sadness", "fear", "fear", "disgust", "surprise", "contempt", "neutral"],
  ]);
  expect(ferClasses.map(expressionNamed)).toEqual(ferClasses);
  expect(["0_neutral", "3-Angry", "1. happy", "sad 2", " joy "].map(expressionNamed)).toEqual([
    ...["neutral", "anger", "happiness", "sadness", "happiness"],
  ]);
  expect(["smile", "unhappy", "3", "", "constructor"].map(expressionNamed)).toEqual(Array(5).fill(undefined));
});

it("compares two words by class", () => {
  expect(isSameClass("happy", "happiness")).toBe(true);
  expect(isSameClass("smile", "smile")).toBe(true);
  expect(isSameClass("smile", "smiling")).toBe(false);
  expect(isSameClass("sad", "happy")).toBe(false);
});

it("replaces other spellings by the eight names, with a notice", () => {
  expect(readClassNames(["angry", "disgust", "Happy"])).toEqual({
    classes: ["anger", "disgust", "happiness"],
    notice: "class folders are read as angry as anger, Happy as happiness",
  });
  expect(readClassNames(["anger", "fear"])).toEqual({ classes: ["anger", "fear"] });
});

it("leaves custom class names unchanged", () => {
  for (const own of [["frown", "smile"], ["happy", "sleepy"], ["happy", "joy"], []]) {
    expect(readClassNames(own)).toEqual({ classes: own });
  }
});

it("replaces unambiguous numbers only", () => {
  const rafdb = readClassNames(["1", "2", "3", "4", "5", "6", "7"]);
  expect(rafdb.classes).toEqual(["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]);
  expect(rafdb.notice).toMatch(/^class folders are read as RAF-DB counts: 1 as surprise, 2 as fear/);
  const affectnet = readClassNames(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect(affectnet.classes[7]).toBe("contempt");
  expect(affectnet.notice).toMatch(/AffectNet counts: 0 as neutral/);
  for (const numbers of [
    ["0", "1", "2", "3", "4", "5", "6"],
    ["1", "2", "3"],
    ["1", "2", "3", "4", "5", "6", "8"],
  ]) {
    expect(readClassNames(numbers)).toEqual({
      classes: numbers,
      notice: "class folders are numbers that data sets count differently: rename them (anger, disgust, …)",
    });
  }
});

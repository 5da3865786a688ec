import { describe, expect, it } from "vitest";
import { labelOf, leftOutReason } from "./ferplusVotes.ts";

describe("labelOf", () => {
  // columns: neutral happiness surprise sadness anger disgust fear contempt unknown NF
  it.each([
    { votes: [4, 0, 0, 1, 3, 2, 0, 0, 0, 0], plurality: 0, majority: undefined },
    { votes: [0, 9, 1, 0, 0, 0, 0, 0, 0, 0], plurality: 1, majority: 1 },
    { votes: [0, 0, 0, 4, 4, 0, 0, 0, 2, 0], plurality: 3, majority: undefined },
    { votes: [0, 0, 0, 0, 0, 0, 0, 4, 4, 2], plurality: 7, majority: undefined },
    { votes: [3, 0, 0, 0, 0, 0, 0, 0, 4, 3], plurality: undefined, majority: undefined },
    { votes: [0, 1, 0, 0, 0, 0, 0, 0, 0, 9], plurality: undefined, majority: undefined },
    { votes: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], plurality: 0, majority: undefined },
    { votes: [1, 1, 4, 1, 1, 1, 1, 0, 0, 0], plurality: 2, majority: 2 },
    { votes: [0, 0, 5, 0, 0, 0, 5, 0, 0, 0], plurality: 2, majority: undefined },
    { votes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], plurality: undefined, majority: undefined },
  ])("$votes is $plurality by plurality and $majority by majority", ({ votes, plurality, majority }) => {
    expect(labelOf(votes, "plurality")?.label).toBe(plurality);
    expect(labelOf(votes, "majority")?.label).toBe(majority);
    expect(labelOf(votes, "votes")?.label).toBe(plurality);
  });

  it("gives vote shares of the eight classes under `votes`, without unknown and NF", () => {
    expect(labelOf([4, 0, 0, 1, 3, 0, 0, 0, 2, 0], "votes")).toEqual({
      label: 0,
      target: [0.5, 0, 0, 0.125, 0.375, 0, 0, 0],
    });
  });

  it("has no soft target under the other rules", () => {
    expect(labelOf([0, 9, 1, 0, 0, 0, 0, 0, 0, 0], "majority")).toEqual({ label: 1 });
  });
});

it("gives the reason why an image is left out", () => {
  expect(leftOutReason([3, 0, 0, 0, 0, 0, 0, 0, 4, 3], "plurality")).toBe("unknown");
  expect(leftOutReason([0, 1, 0, 0, 0, 0, 0, 0, 0, 9], "votes")).toBe("not a face");
  expect(leftOutReason([4, 0, 0, 4, 0, 0, 0, 0, 0, 0], "majority")).toBe("without a majority");
  expect(leftOutReason([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "plurality")).toBe("without a vote");
});

import { describe, expect, it } from "vitest";
import { framesLookedAt } from "./video.ts";
import { lengthOf } from "./videoLength.ts";

const packet = (pts: number | string, duration: number | string, flags = "__", dts: number | string = "N/A") =>
  `pts_time=${pts}|dts_time=${dts}|duration_time=${duration}|flags=${flags}`;

describe("the length of a video", () => {
  it("ends with the frame that is shown last, not with the last packet", () => {
    expect(lengthOf([packet(0, 0.5), packet(1, 0.5), packet(0.5, 0.5), "start_time=0"].join("\n"))).toEqual({
      ...{ frames: 3, seconds: 1.5 },
    });
  });

  it("begins where the file begins, which may be before its first frame", () => {
    expect(lengthOf([packet(2.5, 0.5), packet(3, 0.5), "start_time=2"].join("\n"))).toEqual({
      frames: 2,
      seconds: 1.5,
    });
  });

  it("leaves out what an edit list takes away", () => {
    expect(lengthOf([packet(0, 1, "KD"), packet(1, 1, "K_"), "start_time=0"].join("\n"))).toEqual({
      ...{ frames: 1, seconds: 2 },
    });
  });

  it("takes the mean for a last frame that does not say how long it lasts", () => {
    expect(lengthOf([packet(0, "N/A"), packet(1, "N/A"), packet(4, "N/A"), "start_time=N/A"].join("\n"))).toEqual({
      ...{ frames: 3, seconds: 6 },
    });
  });

  it("is the sum of the durations where there are no times", () => {
    expect(lengthOf([packet("N/A", 0.04), packet("N/A", 0.04)].join("\n"))).toEqual({ frames: 2, seconds: 0.08 });
  });

  it("is nothing for a file without frames", () => {
    expect(lengthOf("start_time=0\n")).toEqual({ frames: 0, seconds: 0 });
  });
});

it("frames are looked at before the end, never at it", () => {
  const looked = (seconds: number, every: number) => framesLookedAt({ frames: 1, seconds }, every);
  expect([looked(2, 0.5), looked(2.01, 0.5), looked(2.000001, 0.2), looked(0.04, 1)]).toEqual([4, 5, 10, 1]);
});

import { describe, expect, it } from "vitest";
import type { FileFace, FilePrediction } from "./filePrediction.ts";
import { predictionFormats } from "./formatRegistry.ts";

const classes = ["calm", "joy"];
const face = (track: number, joy: number, raw: number): FileFace => ({
  box: [1, 2.5, 30, 40],
  detection: 0.875,
  ...{ label: joy > 0.5 ? "joy" : "calm", score: Math.max(joy, 1 - joy), confident: Math.max(joy, 1 - joy) >= 0.6 },
  probabilities: { calm: 1 - joy, joy },
  ...{ track, rawProbabilities: { calm: 1 - raw, joy: raw } },
});
const frames: readonly FilePrediction[] = [
  { file: "a.mp4", time: 0, end: 0.5, faces: [face(1, 0.75, 0.875)] },
  { file: "a.mp4", time: 0.5, end: 1, unchanged: true, faces: [face(1, 0.75, 0.875), face(2, 0.25, 0)] },
  { file: "a.mp4", time: 1, end: 1.25, faces: [] },
];
const { track: _track, rawProbabilities: _raw, ...plain } = face(0, 0.75, 0);
const { track: _none, rawProbabilities: _nor, ...unsure } = face(0, 0.5625, 0);

function written(format: string, answers: readonly FilePrediction[], videos: number): string {
  const { head, each, tail } = predictionFormats.get(format).open(classes, { videos });
  return head + answers.map(each).join("") + tail();
}

describe("csv", () => {
  it("of a video has a row for each face and frame, with the track and the raw probabilities", () => {
    expect(written("csv", frames, 1).split(/\r?\n/)).toEqual([
      "file,time,x,y,width,height,detection,label,score,calm,joy,end,track,raw_calm,raw_joy,confident,error",
      "a.mp4,0,1,2.5,30,40,0.875,joy,0.75,0.25,0.75,0.5,1,0.125,0.875,true,",
      "a.mp4,0.5,1,2.5,30,40,0.875,joy,0.75,0.25,0.75,1,1,0.125,0.875,true,",
      "a.mp4,0.5,1,2.5,30,40,0.875,calm,0.75,0.75,0.25,1,2,1,0,true,",
      "a.mp4,1,,,,,,,,,,1.25,,,,,",
      "",
    ]);
  });

  it("of pictures has neither", () => {
    const pictures = [
      { file: "a.png", faces: [plain] },
      { file: "c.png", faces: [unsure] },
      { file: "b.png", faces: [], error: "broken" },
    ];
    expect(written("csv", pictures, 0).split(/\r?\n/)).toEqual([
      "file,time,x,y,width,height,detection,label,score,calm,joy,confident,error",
      "a.png,,1,2.5,30,40,0.875,joy,0.75,0.25,0.75,true,",
      "c.png,,1,2.5,30,40,0.875,joy,0.5625,0.4375,0.5625,false,",
      "b.png,,,,,,,,,,,,broken",
      "",
    ]);
  });
});

it("JSON lines hold the end, the track, smoothed and raw probabilities, and what was skipped", () => {
  const [, second] = written("jsonl", frames, 1).split("\n");
  expect(JSON.parse(second)).toEqual(frames[1]);
});

describe("subtitles", () => {
  it("have a cue for as long as nothing changes, to the end of the video", () => {
    const steady = { file: "a.mp4", time: 1, end: 1.25, faces: [face(2, 0.125, 0)] };
    expect(written("vtt", [...frames.slice(0, 2), steady], 1)).toBe(`WEBVTT

00:00.000 --> 00:00.500
Person 1: joy 75 %

00:00.500 --> 00:01.000
Person 1: joy 75 %
Person 2: calm 75 %

00:01.000 --> 00:01.250
Person 2: calm 88 %
`);
  });

  it("have a cue of its own for what is unsure", () => {
    const doubtful = { file: "a.mp4", time: 0.5, end: 1, faces: [face(1, 0.5625, 0)] };
    expect(written("vtt", [frames[0], doubtful], 1)).toBe(`WEBVTT

00:00.000 --> 00:00.500
Person 1: joy 75 %

00:00.500 --> 00:01.000
Person 1: unsure: joy 56 %
`);
  });

  it("are empty where nobody is seen, and leave pictures out", () => {
    expect(written("vtt", [{ file: "a.mp4", time: 0, end: 1, faces: [] }], 1)).toBe("WEBVTT\n");
    expect(written("vtt", [{ file: "a.png", faces: [plain] }, ...frames.slice(0, 1)], 1)).toBe(
      "WEBVTT\n\n00:00.000 --> 00:00.500\nPerson 1: joy 75 %\n",
    );
  });

  it("cannot be broken by the name of a class", () => {
    const odd = { ...face(1, 0.75, 1), label: "a --> b\n\n<i>", probabilities: { "a --> b\n\n<i>": 1 } };
    const [, cue] = written("vtt", [{ file: "a.mp4", time: 0, end: 1, faces: [odd] }], 1).split("\n\n");
    expect(cue.split("\n")).toHaveLength(3);
    expect(cue).not.toContain("<i>");
    expect(cue.match(/-->/g)).toHaveLength(1);
  });

  it("are of one video", () => {
    const other = frames.map((frame) => ({ ...frame, file: "b.mp4" }));
    expect(() => written("vtt", [...frames, ...other], 2)).toThrow(/subtitles are of one video/);
  });
});

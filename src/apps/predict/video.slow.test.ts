/** Videos made for the purpose: exact lengths, odd containers, people that cross, leave and come back. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callProgram } from "../../../test/callProgram.ts";
import type { PlacedFace } from "../../../test/canvas.ts";
import { ffmpeg, hasFfmpeg, writeVideo } from "../../../test/madeVideo.ts";
import { parseCsv } from "../../platform/csv.ts";
import { drawnFace, render } from "../demo/dataset.ts";
import { AnnotatedVideo } from "./annotatedVideo.ts";
import type { FilePrediction } from "./filePrediction.ts";
import { videoFrames } from "./video.ts";
import { videoLength } from "./videoLength.ts";

if (!hasFfmpeg) console.warn("ffmpeg is not on the path: the tests on video are skipped");

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-video-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function framesOf(name: string, every: number) {
  const frames = [];
  const lines: string[] = [];
  for await (const { answer, image } of videoFrames(at(name), { every, notice: (line) => lines.push(line) })) {
    frames.push({ ...answer, image });
  }
  return { frames, lines };
}

const moving = (seconds: number, rate: number) => ["-f", "lavfi", "-i", `testsrc=d=${seconds}:r=${rate}:s=320x240`];

describe.skipIf(!hasFfmpeg)("the frames of a video", () => {
  it.each([
    ["mp4", "2.5", ["-pix_fmt", "yuv420p"]],
    ["webm", "2.5", ["-c:v", "libvpx"]],
    ["ts", "2.5", ["-pix_fmt", "yuv420p"]],
    ["avi", "2.5", []],
    ["gif", "2.5", []],
    ["h264", "2.5", ["-pix_fmt", "yuv420p"]],
  ])("are without a gap and end with it: .%s of %s s", async (kind, seconds, how) => {
    const name = `made.${kind}`;
    await ffmpeg(...moving(Number(seconds), 10), ...how, at(name));
    expect(await videoLength(at(name))).toEqual({ frames: 25, seconds: 2.5 });
    const { frames, lines } = await framesOf(name, 0.4);
    expect(frames.map(({ time, end }) => [time, end])).toEqual([
      ...[0, 0.4, 0.8, 1.2, 1.6, 2].map((time) => [time, expect.closeTo(time + 0.4, 6)]),
      [2.4, 2.5],
    ]);
    expect(lines).toEqual([
      `${at(name)}: 25 frames in 2.5 s, one looked at every 0.4 s: 7 read, 0 skipped as unchanged`,
    ]);
  });

  it("end with the pictures where the sound lasts longer", async () => {
    const sound = ["-f", "lavfi", "-i", "sine=d=4"];
    await ffmpeg(...moving(2, 10), ...sound, "-pix_fmt", "yuv420p", at("sound.mp4"));
    const { frames } = await framesOf("sound.mp4", 0.5);
    expect(frames.map(({ time }) => time)).toEqual([0, 0.5, 1, 1.5]);
    expect(frames.at(-1)?.end).toBe(2);
  });

  it("are those shown at their times where the rate varies, the last one for as long as it stands", async () => {
    // The first second has 10 frames, then there are one at 1.4 s, 2.1 s, 2.8 s and 3.5 s.
    const select = "select='lt(t,1)+gt(t,1)*not(mod(n,7))'";
    await ffmpeg(...moving(4, 10), "-vf", select, "-vsync", "vfr", "-pix_fmt", "yuv420p", at("varies.mp4"));
    expect(await videoLength(at("varies.mp4"))).toMatchObject({ frames: 14, seconds: expect.closeTo(3.6, 6) });
    const { frames } = await framesOf("varies.mp4", 0.25);
    const read = frames.filter(({ unchanged }) => !unchanged).map(({ time }) => time);
    expect(read).toEqual([0, 0.25, 0.5, 0.75, 1, 1.5, 2.25, 3, 3.5]);
    expect(frames).toHaveLength(15);
    expect(frames.at(-1)).toMatchObject({ time: 3.5, end: expect.closeTo(3.6, 6) });
  });

  it("are upright where the video is turned", async () => {
    await ffmpeg(...moving(1, 10), "-pix_fmt", "yuv420p", at("upright.mp4"));
    await ffmpeg("-i", at("upright.mp4"), "-c", "copy", "-metadata:s:v", "rotate=90", at("turned.mp4"));
    const { frames } = await framesOf("turned.mp4", 0.5);
    expect(frames.map(({ image }) => image)).toEqual([
      expect.objectContaining({ width: 240, height: 320 }),
      expect.objectContaining({ width: 240, height: 320 }),
    ]);
  });
});

describe.skipIf(!hasFfmpeg)("people in a video", () => {
  const answers: FilePrediction[] = [];
  let table = "";
  let notes = "";

  /**
   * Six seconds: person A goes from left to right and person B, above, from right to left. A smiles from 3 s on. C is there from
   * 1 s to 2 s, and from 4 s to the end at another place. In the last second nothing moves.
   */
  beforeAll(async () => {
    const face = (person: number, name: "neutral" | "happiness") => render(drawnFace(1, "test", person, name), 130);
    const [a, smiling, b, c] = await Promise.all([
      ...[face(2, "neutral"), face(2, "happiness"), face(1, "neutral"), face(3, "happiness")],
    ]);
    const frames = Array.from({ length: 60 }, (_, i): PlacedFace[] => {
      const [seconds, moved] = [i / 10, Math.min(i, 50)];
      const isThere = (seconds >= 1 && seconds < 2) || seconds >= 4;
      return [
        { picture: seconds < 3 ? a : smiling, side: 120, left: 20 + 8 * moved, top: 230 },
        { picture: b, side: 110, left: 420 - 8 * moved, top: 120 },
        ...(isThere ? [{ picture: c, side: 100, left: seconds < 3 ? 30 : 430, top: 5 }] : []),
      ];
    });
    await writeVideo(at("people.mp4"), { width: 560, height: 360, framesPerSecond: 10 }, frames);
    const out = ["--jsonl", at("people.jsonl"), "--csv", at("people.csv"), "--vtt", at("people.vtt")];
    const more = ["--report", at("people.html"), "--draw", at("drawn")];
    const argv = ["predict", at("people.mp4"), "--threads", "2", ...out, ...more];
    const { code, stdout, stderr } = await callProgram(argv, () => performance.now());
    expect(code).toBe(0);
    [table, notes] = [stdout, stderr];
    const lines = (await readFile(at("people.jsonl"), "utf8")).trim().split("\n");
    answers.push(...lines.map((line): FilePrediction => JSON.parse(line)));
  }, 120_000);

  const tracksAt = (wanted: number) => answers.find(({ time }) => time === wanted)?.faces.map(({ track }) => track);

  it("keep their numbers while they cross, and when they come back elsewhere", () => {
    expect(answers.map(({ time }) => time)).toEqual(Array.from({ length: 30 }, (_, i) => Math.round(2 * i) / 10));
    expect(answers.at(-1)?.end).toBe(6);
    // B is above A, and C above both
    expect([tracksAt(0), tracksAt(1.4), tracksAt(2.6), tracksAt(4), tracksAt(5.8)]).toEqual([
      ...[
        [1, 2],
        [3, 1, 2],
        [1, 2],
        [3, 1, 2],
      ],
      [3, 1, 2],
    ]);
    expect(new Set(answers.flatMap(({ faces }) => faces.map(({ track }) => track)))).toEqual(new Set([1, 2, 3]));
  });

  it("are not read again where nothing moves, and the count says so", () => {
    const skipped = answers.flatMap(({ time, unchanged }) => (unchanged ? [time] : []));
    expect(skipped).toEqual([5.2, 5.4, 5.6, 5.8]);
    expect(notes).toMatch(
      /people\.mp4: 60 frames in 6\.0 s, one looked at every 0\.2 s: 26 read, 4 skipped as unchanged/,
    );
    expect(notes).toMatch(/predicting: 30 frames/);
  });

  it("have smoothed and raw probabilities in every answer", async () => {
    const smile = answers.flatMap(({ time, faces }) =>
      faces.flatMap(({ track, probabilities, rawProbabilities }) =>
        track === 2 ? [{ time, smooth: probabilities.happiness, raw: rawProbabilities?.happiness ?? -1 }] : [],
      ),
    );
    const [before, first] = [2.8, 3].map((wanted) => smile.find(({ time }) => time === wanted));
    expect(first?.smooth).toBeCloseTo(
      (before?.smooth ?? 0) + (1 - Math.exp(-0.2 / 0.5)) * ((first?.raw ?? 0) - (before?.smooth ?? 0)),
      6,
    );
    const [heads, ...rows] = [...parseCsv(await readFile(at("people.csv"), "utf8"), "")].map(({ cells }) => cells);
    expect(rows).toHaveLength(answers.reduce((sum, { faces }) => sum + faces.length, 0));
    const column = (row: readonly string[], name: string) => row[heads.indexOf(name)];
    const row = rows.find((cells) => column(cells, "time") === "3" && column(cells, "track") === "2") ?? [];
    expect(Number(column(row, "happiness"))).toBe(first?.smooth);
    expect(Number(column(row, "raw_happiness"))).toBe(first?.raw);
  });

  it("have subtitles, rows of the table and a timeline up to the end", async () => {
    const cues = [...(await readFile(at("people.vtt"), "utf8")).matchAll(/^(\S+) --> (\S+)$/gm)];
    expect(cues[0][1]).toBe("00:00.000");
    expect(cues.at(-1)?.[2]).toBe("00:06.000");
    for (const [i, [, from]] of cues.entries()) if (i > 0) expect(from).toBe(cues[i - 1][2]);
    expect(table).toMatch(/people\.mp4 0:00\.0–0:0\d\.\d +person 1 +\w+ +\d+\.\d\d %/);
    expect(table).toMatch(/people\.mp4 0:04\.0–0:06\.0 +person 3/);
    const page = await readFile(at("people.html"), "utf8");
    expect(page.match(/<h2>[^<]*/g)).toEqual(
      ["Who is seen when", "Person 1", "Person 2", "Person 3"].map((heading) => `<h2>${heading}`),
    );
    expect(page.match(/data:image\/jpeg/g)?.length).toBeGreaterThanOrEqual(5);
  });

  it("are drawn on every frame of a video that is as long", async () => {
    expect(await videoLength(at("drawn/people.mp4"))).toEqual({ frames: 60, seconds: 6 });
  });

  it("have no faces in a report that is to have none", async () => {
    await mkdir(at("bare"));
    const argv = ["predict", at("people.mp4"), "--every", "2", "--no-report-faces", "--report", at("bare/r.html")];
    expect(await callProgram([...argv, "--threads", "2"], () => performance.now())).toMatchObject({ code: 0 });
    expect((await readFile(at("bare/r.html"), "utf8")).includes("data:image/jpeg")).toBe(false);
  });
});

describe.skipIf(!hasFfmpeg)("an annotated video", () => {
  it("keeps the times of its frames, its sound and its turn", async () => {
    const sound = ["-f", "lavfi", "-i", "sine=d=3"];
    const select = "select='not(mod(n,3))+gt(n,20)'";
    const how = ["-vf", select, "-vsync", "vfr", "-pix_fmt", "yuv420p", "-c:a", "aac"];
    await ffmpeg(...moving(3, 10), ...sound, ...how, at("own.mp4"));
    await ffmpeg("-i", at("own.mp4"), "-c", "copy", "-metadata:s:v", "rotate=90", at("own-turned.mp4"));
    const argv = ["predict", at("own-turned.mp4"), "--every", "0.7", "--draw", at("own"), "--quiet", "--threads", "2"];
    expect(await callProgram(argv, () => performance.now())).toMatchObject({ code: 0 });
    const [given, drawn] = [await videoLength(at("own-turned.mp4")), await videoLength(at("own/own-turned.mp4"))];
    expect(drawn.frames).toBe(given.frames);
    expect(drawn.seconds).toBeCloseTo(given.seconds, 1);
    const probe = ["-v", "error", "-show_entries", "stream=codec_type,width,height", "-of", "csv=p=0"];
    const { stdout } = await promisify(execFile)("ffprobe", [...probe, at("own/own-turned.mp4")]);
    expect(stdout.trim().split("\n")).toEqual(["video,240,320", "audio"]);
  });
});

describe.skipIf(!hasFfmpeg)("an annotated video that cannot be written", () => {
  it("is an error that says so, however much is still to be drawn, and leaves nothing", async () => {
    await ffmpeg(...moving(2, 10), "-pix_fmt", "yuv420p", at("short.mp4"));
    const target = at("nowhere/short.mp4");
    const drawing = await AnnotatedVideo.open(at("short.mp4"), target);
    for (let i = 0; i < 200; i++) {
      await drawing.add({ file: at("short.mp4"), time: i / 100, end: (i + 1) / 100, faces: [] });
    }
    await expect(drawing.finish()).rejects.toMatchObject({ code: "WRITE", message: expect.stringContaining(target) });
    await drawing.dispose();
    expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

describe("outputs of videos", () => {
  it.each([
    [["--vtt", "s.vtt"], "subtitles are of one video, and 0 are named"],
    [["--report", "r.html"], "the report is of videos, and none is named"],
  ])("without a video are an error: %j", async (words, message) => {
    const picture = at("face.png");
    await writeFile(picture, await render(drawnFace(1, "test", 2, "happiness"), 120));
    const argv = ["predict", picture, ...words.map((word) => (word.startsWith("-") ? word : at(word)))];
    const { code, stderr } = await callProgram(argv, () => performance.now());
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});

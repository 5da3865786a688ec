import { parseHTML } from "linkedom";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { someVideo } from "../../../../test/someVideo.ts";
import { parseCsv } from "../../../platform/csv.ts";
import { timelineReport } from "./timelineReport.ts";

const classes = ["calm", "joy"];
const pageOf = (videos = [someVideo("films/a.mp4")]) =>
  parseHTML(timelineReport({ model: "tiny", classes, videos })).document;

function saved(document: ReturnType<typeof pageOf>, name: string): string {
  const href = document.querySelector(`a[download="${name}"]`)?.getAttribute("href") ?? "";
  return Buffer.from(href.slice(href.indexOf(",") + 1), "base64").toString();
}

describe("the report of a video", () => {
  const document = pageOf();
  const texts = (selector: string) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);

  it("has a section for all and one for each person who is seen for half a second", () => {
    expect(texts("h1, h2")).toEqual(["Expressions in a.mp4", "Who is seen when", "Person 1", "Person 2"]);
    expect(texts("section p")[0]).toBe(
      "0:04.0 of video, 20 frames looked at, of which 2 were skipped because nothing changed. 1 more face was seen for less than half a second.",
    );
    expect(
      [...document.querySelectorAll("tbody tr")].map((row) => [...row.children].map((c) => c.textContent)),
    ).toEqual([
      ["Person 1", "0:00.0", "0:04.0", "4.0 s", "1", "joy, 55\u00a0% of the time", "53\u00a0%"],
      ["Person 2", "0:01.0", "0:04.0", "2.0 s", "2", "calm, 100\u00a0% of the time", "75\u00a0%"],
    ]);
  });

  it("shows the face where each expression begins", () => {
    expect(texts(".changes figcaption")).toEqual([
      ...[
        "1 0:00.0joy 90\u00a0%",
        "2 0:02.2calm 93\u00a0%",
        "1 0:01.0unsure: calm 75\u00a0%",
        "2 0:03.0unsure: calm 75\u00a0%",
      ],
    ]);
    expect(document.querySelectorAll(".changes img[src^='data:image/jpeg;base64,']")).toHaveLength(4);
  });

  it("gives the values of all and of each person as CSV, to the end of the video", () => {
    const [heads, ...rows] = [...parseCsv(saved(document, "a.csv"), "")].map(({ cells }) => cells);
    expect(heads.join()).toBe("person,time,end,x,y,width,height,label,score,calm,joy,raw_calm,raw_joy,confident");
    expect(rows).toHaveLength(20 + 10 + 1);
    expect(rows[0].join()).toBe("1,0,0.2,10,20,30,40,joy,0.9,0.1,0.9,0.05,0.95,true");
    const second = [...parseCsv(saved(document, "a-person-2.csv"), "")].map(({ cells }) => cells);
    expect(second).toHaveLength(11);
    expect(second.at(-1)?.slice(0, 3)).toEqual(["2", "3.8", "4"]);
  });

  it("gives the plots as SVG that stands alone", async () => {
    const svg = saved(document, "a-person-1.svg");
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    const { data, info } = await sharp(Buffer.from(svg)).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 1000, height: 220 });
    const at = (x: number, y: number) => [...data.subarray(info.channels * (y * info.width + x)).subarray(0, 3)];
    expect(at(2, 2)).toEqual([255, 255, 255]);
    // Person 1 is joyful at first, which is the upper area, and calm in the end; the plot ends with the video.
    expect(at(100, 60)).not.toEqual([255, 255, 255]);
    expect(at(100, 100)).not.toEqual(at(900, 100));
    expect(at(970, 150)).not.toEqual([255, 255, 255]);
    expect(at(985, 150)).toEqual([255, 255, 255]);
  });

  it("draws what is unsure paler", () => {
    const [presence, ...plots] = [...document.querySelectorAll(".timeline svg")].map((svg) => svg.outerHTML);
    expect(
      presence.match(/<rect[^>]* fill-opacity="[^"]*"/g)?.map((rect) => /fill-opacity="(.*)"/.exec(rect)?.[1]),
    ).toEqual(["1", "1", "0.35", "0.35"]);
    expect(plots.map((plot) => plot.includes('fill-opacity="0.35"'))).toEqual([false, true]);
    expect(document.querySelector(".legend")?.textContent).toMatch(/paler: unsure$/);
  });

  it("runs no script and loads nothing", () => {
    expect(document.querySelectorAll("script, link, [src]:not([src^='data:']), a:not([href^='data:'])")).toHaveLength(
      0,
    );
  });
});

it("videos without faces say so, and several have their names in the headings", () => {
  const empty = { file: "b.mp4", frames: [{ time: 0, end: 1, unchanged: false, faces: [] }] };
  const document = pageOf([someVideo("a.mp4"), empty]);
  const headings = [...document.querySelectorAll("h1, h2")].map(({ textContent }) => textContent);
  expect(headings).toEqual([
    ...["Expressions in 2 videos", "a.mp4: Who is seen when", "a.mp4: Person 1", "a.mp4: Person 2"],
    "b.mp4: Who is seen when",
  ]);
  expect(document.querySelector("section:last-of-type p")?.textContent).toMatch(/No face was found\.$/);
});

it("a long video has a plot of bounded size", () => {
  const size = (seconds: number) => saved(pageOf([someVideo("a.mp4", seconds)]), "a-person-1.svg").length;
  expect(size(3600)).toBeLessThan(1.5 * size(120));
});

it("names of files and classes are no markup", () => {
  const odd = '<img src=x onerror="a">';
  const document = parseHTML(
    timelineReport({ model: odd, classes: [...classes, odd], videos: [someVideo(`${odd}.mp4`)] }),
  ).document;
  expect(document.querySelectorAll("[onerror], img[src=x]")).toHaveLength(0);
  expect(document.querySelector("h1")?.textContent).toBe(`Expressions in ${odd}.mp4`);
});

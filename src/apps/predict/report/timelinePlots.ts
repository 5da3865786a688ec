/** Plots of a video's timeline: who is seen when, and the probabilities of one person over time. */
import * as Plot from "@observablehq/plot";
import { type Person, runsOf, type Span, spansOf, type TimelinePoint } from "../../../faces/timeline.ts";
import { shortTime } from "../../../platform/clock.ts";
import { html, type Markup } from "../../../runs/report/page.ts";
import { draw } from "../../../runs/report/plot.ts";

/** Colours of the classes, in their order; the names of FER+ have their own. */
export function coloursOf(classes: readonly string[]): ReadonlyMap<string, string> {
  const free = others.filter((colour) => !classes.some((name) => usual[name] === colour));
  return new Map(classes.map((name, i) => [name, usual[name] ?? free[i % free.length]]));
}

const usual: Readonly<Record<string, string>> = {
  neutral: "#a8b0b8",
  happiness: "#efb118",
  surprise: "#ff8ab7",
  sadness: "#4269d0",
  anger: "#d9402f",
  disgust: "#3ca951",
  fear: "#a463f2",
  contempt: "#9c6b4e",
};
const others = ["#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e"];

/** Most points of a plot: more than it has pixels would only make the page large. */
const maxPoints = 600;
const width = 1000;
/** Opacity of what is unsure. */
const unsureOpacity = 0.35;

/** Legend of the classes, and of what is unsure. */
export const legend = (colours: ReadonlyMap<string, string>): Markup =>
  html`<p class="legend">${[...colours].map(([name, colour]) => html`<span><i style="background:${colour}"></i>${name}</span>`)}<span>paler: unsure</span></p>`;

/** A bar for each person from the first to the last second, in the colours of the most probable expressions. */
export function presencePlot(
  persons: readonly Person[],
  seconds: number,
  colours: ReadonlyMap<string, string>,
): Markup {
  const bars = persons.flatMap((person) =>
    spansOf(person).map((span) => ({ ...span, name: `Person ${person.track}` })),
  );
  return draw("the persons and their most probable expressions over time", {
    ...{ width, height: 50 + 26 * persons.length, marginLeft: 72, marginRight: 24 },
    x: timeAxis(seconds),
    y: { label: null, domain: persons.map(({ track }) => `Person ${track}`), tickSize: 0 },
    color: scale(colours),
    marks: [
      Plot.barX(bars, {
        ...{ x1: "from", x2: "to", y: "name", fill: "label", inset: 0, insetTop: 4, insetBottom: 4 },
        fillOpacity: ({ confident }: Span) => (confident ? 1 : unsureOpacity),
      }),
    ],
  });
}

/** Stacked probabilities of one person over the time of the video; dashed lines are at `marks`, which are numbered. */
export function probabilityPlot(
  person: Person,
  marks: readonly number[],
  seconds: number,
  colours: ReadonlyMap<string, string>,
): Markup {
  const areas = runsOf(person.points)
    .flatMap((run) => stretchesOf(thinned(run, seconds)))
    .map((stretch) =>
      Plot.areaY(values(stretch, [...colours.keys()]), {
        ...{ x: "time", y: "share", fill: "name", z: "name", order: [...colours.keys()] },
        ...{ curve: "linear", fillOpacity: stretch[0].face.confident ? 1 : unsureOpacity },
      }),
    );
  const numbers = marks.map((time, i) => ({ time, text: String(i + 1) }));
  return draw(`probabilities of the expressions of person ${person.track} over time`, {
    ...{ width, height: 220, marginLeft: 48, marginRight: 24, marginTop: 22 },
    x: timeAxis(seconds),
    y: { label: null, percent: true, domain: [0, 100], ticks: 4 },
    color: scale(colours),
    marks: [
      ...areas,
      Plot.ruleX(numbers, { x: "time", stroke: "currentColor", strokeOpacity: 0.55, strokeDasharray: "3,3" }),
      Plot.text(numbers, { x: "time", text: "text", frameAnchor: "top", dy: -14, fill: "currentColor" }),
    ],
  });
}

const timeAxis = (seconds: number): Plot.ScaleOptions => ({
  label: null,
  domain: [0, seconds],
  ticks: 8,
  tickFormat: (time: number) => (seconds < 10 ? shortTime(time) : shortTime(time).replace(/\.0$/, "")),
});

const scale = (colours: ReadonlyMap<string, string>): Plot.ScaleOptions => ({
  domain: [...colours.keys()],
  range: [...colours.values()],
});

/** Points that are sure or unsure alike. Each frame of thinned points ends where the next one begins, with that one's face. */
function stretchesOf(points: readonly TimelinePoint[]): readonly (readonly TimelinePoint[])[] {
  const stretches: TimelinePoint[][] = [];
  for (const point of points) {
    const current = stretches.at(-1);
    if (current !== undefined && current[0].face.confident === point.face.confident) current.push(point);
    else stretches.push([point]);
  }
  return stretches.map((stretch, i) => {
    const [next] = stretches[i + 1] ?? [];
    return next === undefined ? stretch : [...stretch, { ...next, end: next.time }];
  });
}

/** One value for each point and class, and the last point once more where its frame ends. */
function values(points: readonly TimelinePoint[], classes: readonly string[]) {
  const last = points[points.length - 1];
  return [...points, { ...last, time: last.end }].flatMap(({ time, face }) =>
    classes.map((name) => ({ time, name, share: face.probabilities[name] })),
  );
}

/** Every n-th point, so that the whole video has at most `maxPoints`; the first and the last one stay. */
function thinned(points: readonly TimelinePoint[], seconds: number): readonly TimelinePoint[] {
  const [{ time, end }] = points;
  const step = Math.max(1, Math.ceil(seconds / (end - time) / maxPoints));
  return points.filter((_, i) => i % step === 0 || i === points.length - 1);
}

/** HTML report of videos: a timeline of each person, to be read and saved without a network. */

import { labelText } from "../../../faces/answerText.ts";
import {
  expressionsOf,
  meanOf,
  type Person,
  personsOf,
  runsOf,
  type Span,
  secondsSeen,
} from "../../../faces/timeline.ts";
import { shortTime } from "../../../platform/clock.ts";
import { counted } from "../../../platform/counts.ts";
import { csvLine } from "../../../platform/csv.ts";
import { html, Markup, page, type Section } from "../../../runs/report/page.ts";
import { table } from "../../../runs/report/tables.ts";
import type { Video } from "../videoCollector.ts";
import { type Thumbnail, thumbnailSide } from "./thumbnails.ts";
import { coloursOf, legend, presencePlot, probabilityPlot } from "./timelinePlots.ts";

/** A video with the faces at its changes of expression; without `thumbnails` the report holds no picture. */
export interface ReportedVideo extends Video {
  readonly thumbnails?: readonly Thumbnail[];
}

/** Contents of the report. */
export interface TimelineReport {
  /** what answered: backbone and checkpoint */
  readonly model: string;
  readonly classes: readonly string[];
  readonly videos: readonly ReportedVideo[];
}

/** Seconds for which a person must be seen for a timeline of their own; shorter ones are mostly no faces. */
const leastSeconds = 0.5;
/** Most thumbnails of one person; the expressions that last longest have theirs. */
const maxThumbnails = 24;

/** Renders the report as a self-contained HTML page. */
export function timelineReport({ model, classes, videos }: TimelineReport): string {
  const colours = coloursOf(classes);
  const names = videos.map(({ file }) => nameOf(file));
  const title = names.length === 1 ? `Expressions in ${names[0]}` : `Expressions in ${names.length} videos`;
  const lead = `By ${model}. It names the expression that most people would see, not what somebody feels.`;
  const several = videos.length > 1;
  return page({ title, lead, sections: videos.flatMap((video) => sectionsOf(video, classes, colours, several)) });
}

function sectionsOf(
  video: ReportedVideo,
  classes: readonly string[],
  colours: ReadonlyMap<string, string>,
  several: boolean,
): Section[] {
  const { file, frames, thumbnails } = video;
  const seconds = frames[frames.length - 1].end;
  const skipped = frames.filter(({ unchanged }) => unchanged).length;
  const persons = personsOf(frames);
  const shown = persons.filter((person) => secondsSeen(person) >= Math.min(leastSeconds, seconds));
  const brief = persons.length - shown.length;
  const facts = `${shortTime(seconds)} of video, ${counted(frames.length, "frame")} looked at, of which ${skipped} were skipped because nothing changed.`;
  const left =
    brief === 0
      ? ""
      : ` ${brief === 1 ? "1 more face was" : `${brief} more faces were`} seen for less than half a second.`;
  const prefix = several ? `${nameOf(file)}: ` : "";
  const csv = link("Save all as CSV", `${stemOf(file)}.csv`, "text/csv", csvOf(persons, classes));
  const pictures = thumbnails === undefined ? undefined : privacy;
  const overview =
    shown.length === 0
      ? html`<p>${facts} No face was found.</p>`
      : html`<p>${facts}${left}</p>${style}${timelineFigure(presencePlot(shown, seconds, colours))}${legend(colours)}
${summaryTable(shown, classes)}<p class="save">${csv}</p>
<p class="faint">Below, a timeline for each person: the probabilities of the expressions in percent, smoothed over time; where the answer is unsure they are paler.
Numbered lines are where an expression begins, with the face at that moment underneath.</p>${pictures}`;
  return [
    { heading: `${prefix}Who is seen when`, body: overview },
    ...shown.map((person) => ({
      heading: `${prefix}Person ${person.track}`,
      body: personBody(person, { video, seconds, classes, colours }),
    })),
  ];
}

interface PersonContext {
  readonly video: ReportedVideo;
  readonly seconds: number;
  readonly classes: readonly string[];
  readonly colours: ReadonlyMap<string, string>;
}

function personBody(person: Person, { video, seconds, classes, colours }: PersonContext): Markup {
  const { file, thumbnails = [] } = video;
  const pictures = changesOf(person, thumbnails);
  const plot = probabilityPlot(
    person,
    pictures.map(({ time }) => time),
    seconds,
    colours,
  );
  const name = `${stemOf(file)}-person-${person.track}`;
  const saved = [
    link("Save as SVG", `${name}.svg`, "image/svg+xml", svgFile(plot)),
    link("Save as CSV", `${name}.csv`, "text/csv", csvOf([person], classes)),
  ];
  return html`${timelineFigure(plot)}${legend(colours)}
<div class="changes">${pictures.map(changeFigure)}</div><p class="save">${saved}</p>`;
}

interface Change extends Thumbnail, Pick<Span, "label" | "score" | "confident"> {}

/** The expressions that have a thumbnail, in order; where there are too many, those that last longest. */
function changesOf(person: Person, thumbnails: readonly Thumbnail[]): readonly Change[] {
  return expressionsOf(person)
    .flatMap(({ from, to, label, score, confident }) => {
      const first = thumbnails.find(({ track, time }) => track === person.track && time >= from && time < to);
      return first === undefined ? [] : [{ ...first, label, score, confident, seconds: to - from }];
    })
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, maxThumbnails)
    .sort((a, b) => a.time - b.time);
}

const changeFigure = ({ time, jpeg, score, ...answer }: Change, i: number): Markup => html`<figure>
<img alt="the face at ${shortTime(time)}, ${labelText(answer)}" width="${thumbnailSide / 2}" height="${thumbnailSide / 2}" src="data:image/jpeg;base64,${jpeg}">
<figcaption><b>${i + 1}</b> ${shortTime(time)}<br>${labelText(answer)} ${percentText(score)}</figcaption></figure>`;

function summaryTable(persons: readonly Person[], classes: readonly string[]): Markup {
  const rows = persons.map((person) => {
    const { points } = person;
    const [best, ...others] = classes.map((name) => ({ name, share: shareOf(person, name) }));
    const { name, share } = others.reduce((most, next) => (next.share > most.share ? next : most), best);
    return [
      `Person ${person.track}`,
      shortTime(points[0].time),
      shortTime(points[points.length - 1].end),
      `${secondsSeen(person).toFixed(1)} s`,
      String(runsOf(points).length),
      `${name}, ${percentText(share)} of the time`,
      percentText(meanOf(points, name)),
    ];
  });
  const heads = ["", "from", "to", "seen for", "times", "mostly", "mean probability"];
  return table({ heads, rows });
}

/** With a space that does not break. */
const percentText = (share: number): string => `${Math.round(100 * share)}\u00a0%`;

/** Share of a person's time in which an expression is the most probable. */
function shareOf(person: Person, name: string): number {
  const seconds = expressionsOf(person).reduce((sum, { from, to, label }) => sum + (label === name ? to - from : 0), 0);
  return seconds / secondsSeen(person);
}

/** One row for each person and frame, with smoothed and raw probabilities. */
function csvOf(persons: readonly Person[], classes: readonly string[]): string {
  const heads = ["person", "time", "end", "x", "y", "width", "height", "label", "score"];
  const rows = persons.flatMap(({ track, points }) =>
    points.map(({ time, end, face: { box, label, score, confident, probabilities, rawProbabilities } }) => {
      const shares = [...classes.map((name) => probabilities[name]), ...classes.map((name) => rawProbabilities[name])];
      return csvLine([track, time, end, ...box, label, score, ...shares.map(rounded), String(confident)]);
    }),
  );
  return csvLine([...heads, ...classes, ...classes.map((name) => `raw_${name}`), "confident"]) + rows.join("");
}

/** The page holds every value twice; five decimals are more than the model knows. */
const rounded = (value: number): number => Math.round(1e5 * value) / 1e5;

/** A link that saves text as a file, without a script. */
const link = (label: string, name: string, type: string, text: string): Markup =>
  html`<a download="${name}" href="data:${type};charset=utf-8;base64,${Buffer.from(text).toString("base64")}">${label}</a> `;

/** The plot as a file of its own, on white. */
function svgFile({ text }: Markup): string {
  const named = text.includes("xmlns=") ? text : text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ');
  return named.replace(/^(<svg [^>]*>)/, '$1<rect width="100%" height="100%" fill="#fff"/>');
}

/** A plot over the whole width, which scrolls on phones. */
const timelineFigure = (plot: Markup): Markup =>
  html`<div class="scroll" tabindex="0" role="group" aria-label="timeline"><figure class="timeline">${plot}</figure></div>`;

const privacy = html`<p class="faint">The faces are inside this file. Think of the people in them before
you pass it on; <code>--no-report-faces</code> leaves them out.</p>`;

const style = html`<style>${new Markup(`
.timeline{min-width:40rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.875rem}
.legend i{display:inline-block;width:.85em;height:.85em;border-radius:.15em;margin-right:.4em;vertical-align:-.08em}
.changes{display:flex;flex-wrap:wrap;gap:.75rem;margin:.75rem 0}.changes figure{width:6.5rem}
.changes img{border-radius:.25rem;display:block}.changes figcaption{font-size:.8125rem;line-height:1.3;margin-top:.25rem}
.save a{margin-right:1rem;color:var(--one)}
@media print{.save{display:none}}`)}</style>`;

const nameOf = (file: string): string => file.replace(/^.*[\\/]/, "");
const stemOf = (file: string): string => nameOf(file).replace(/\.[^.]*$/, "");

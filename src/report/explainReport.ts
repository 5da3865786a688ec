/** What `explain` found, for people; a run's report takes the same sections. */
import { percent } from "../evaluation/percent.ts";
import { type Figure, facesText, fewFacesNote, type RankingScore, signedText } from "../explanation/areas.ts";
import type { Ranking } from "../explanation/rankings.ts";
import type { RemovalCurves } from "../explanation/removal.ts";
import { explainStyle } from "./explainStyle.ts";
import { type ExplainedFacePictures, faceFigure } from "./faceFigure.ts";
import { classKey, featurePlot, type PlacedImage } from "./featurePlot.ts";
import { html, Markup } from "./markup.ts";
import { page, type Section } from "./page.ts";
import { rankingKey, removalPlots } from "./removalPlot.ts";
import { record, table } from "./tables.ts";

export interface ExplainReport {
  /** what the faces are: a split of a data set, or files */
  readonly subject: string;
  readonly backbone: string;
  readonly classes: readonly string[];
  readonly faces: readonly ExplainedFacePictures[];
  /** all faces that were explained; the first of them are shown */
  readonly faceCount: number;
  readonly removal: readonly {
    readonly model: string;
    readonly scores: readonly RankingScore[];
    readonly curves: Partial<Record<Ranking, RemovalCurves>>;
  }[];
  readonly planes: readonly {
    readonly models: readonly string[];
    readonly perplexity: number;
    readonly neighbours: number;
    readonly trustworthiness: number;
    readonly agreement: { readonly features: number; readonly plane: number };
    readonly images: readonly PlacedImage[];
  }[];
  /** options, versions and hashes */
  readonly record: unknown;
}

export function explainReport(report: ExplainReport): string {
  const models = [
    ...new Set([...report.removal.map(({ model }) => model), ...report.planes.flatMap(({ models }) => models)]),
  ];
  return page({
    title: "Where the answers come from",
    lead: `${report.subject}; backbone ${report.backbone}; ${models.join(", ")}.`,
    sections: [
      ...explainSections(report),
      { heading: "The record", body: record("options, versions and hashes", report.record) },
    ],
  });
}

/** Sections with the style that they need, for any page of ours. */
export function explainSections(report: ExplainReport): Section[] {
  const sections = [...saliency(report), ...removal(report), ...features(report)];
  return sections.map((section, i) =>
    i === 0 ? { ...section, body: html`<style>${new Markup(explainStyle)}</style>${section.body}` } : section,
  );
}

function saliency({ faces, faceCount }: ExplainReport): Section[] {
  if (faces.length === 0) return [];
  const note = html`<p>Orange marks where the winning class's logit would change most if the picture did (gradient; SmoothGrad is
the mean over noisy copies), and which patches have the features closest to a class's text. This says what the model reads, not what a face
shows; whether the marks can be believed is measured below.</p>`;
  const rest =
    faceCount > faces.length
      ? html`<p class="faint">${faces.length} of ${faceCount}; the folder has all.</p>`
      : undefined;
  return [{ heading: "Saliency", body: html`${note}${rest}${faces.map(faceFigure)}` }];
}

function removal({ removal, faceCount }: ExplainReport): Section[] {
  if (removal.length === 0) return [];
  const heads = ["", "deletion", "beyond chance", "insertion", "beyond chance"];
  const tables = removal.map(({ model, scores }) =>
    table({
      caption: `${model}: areas under the curves over ${facesText(faceCount)}, with 95 % bootstrap intervals${fewFacesNote(faceCount)}`,
      heads,
      rows: scores.map(({ ranking, deletion, insertion, beyondChance }) => [
        ranking,
        figureText(deletion),
        beyondChance ? signedText(beyondChance.deletion) : "–",
        figureText(insertion),
        beyondChance ? signedText(beyondChance.insertion) : "–",
      ]),
    }),
  );
  const note = html`<p>Pixels are taken away, the most important first, and the probability of the winning class is followed (deletion: a
small area is good); then they are brought back into a blurred picture (insertion: a large area is good). A map is worth something where it
does better than pixels, or whole patches, by chance: deletion below, insertion above, and 0 outside the interval of the difference.</p>`;
  const plots = html`<div class="plots">${removal.map(({ model, curves }) => removalPlots(model, curves))}</div>`;
  return [
    {
      heading: "Can the maps be believed?",
      body: html`${note}<div class="figures">${tables}</div>${rankingKey(removal[0].curves)}${plots}`,
    },
  ];
}

const figureText = ({ mean, interval: [low, high] }: Figure): string =>
  `${mean.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`;

function features({ planes, classes }: ExplainReport): Section[] {
  if (planes.length === 0) return [];
  const plots = planes.map(({ models, images }) => featurePlot(models.join(", "), images, classes));
  const figures = table({
    heads: ["", "trustworthiness", "same class, features", "same class, plane", "images", "perplexity"],
    rows: planes.map(({ models, trustworthiness, agreement, images, perplexity }) => [
      models.join(", "),
      trustworthiness.toFixed(3),
      percent(agreement.features),
      percent(agreement.plane),
      images.length,
      perplexity,
    ]),
  });
  const [{ neighbours }] = planes;
  const note = html`<p>Each dot is an image, at a place that t-SNE chose so that neighbours stay neighbours; distances between groups and
their sizes mean nothing. Trustworthiness tells how far the plane can be read: 1 wholly, about 0.5 by chance. Same class: the share of an
image's ${neighbours} nearest that have its class, in feature space and in the plane. Models without visual prompts share the frozen image tower
and therefore one plane.</p>`;
  return [
    {
      heading: "Features",
      body: html`${note}${classKey(classes)}<div class="plots">${plots}</div><div class="figures">${figures}</div>`,
    },
  ];
}

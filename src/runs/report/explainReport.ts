/** HTML report of an explanation; its sections are also added to a run's report. */
import { percent } from "../../evaluation/rows.ts";
import { type Figure, facesText, fewFacesNote, type RankingScore, signedText } from "../../method/explain/areas.ts";
import { type FeaturePlot, featuresFigure, type RemovalPlot, removalFigure } from "./explainFigures.ts";
import { type ExplainedFacePictures, faceFigure } from "./faceFigure.ts";
import { figureMarkup, type Origin } from "./figure.ts";
import { html, Markup, page, type Section } from "./page.ts";
import { record, table } from "./tables.ts";

/** CSS of the sections, in addition to the reports' common style. */
export const explainStyle = `
@media print{.figures table{font-size:.75rem}.figures :is(th,td){white-space:normal;padding-right:.5rem}}
.face{margin:1.25rem 0 2rem;break-inside:avoid}.face h3{font-size:1rem;margin:.5rem 0}
.face h4{font-size:.9375rem;font-weight:600;margin:0 0 .25rem}.answers details{margin:.25rem 0 1rem}
.answers{display:grid;grid-template-columns:minmax(4.5rem,9rem) 1fr;gap:1rem}
.answers img{width:100%;height:auto;display:block;border-radius:.25rem}
.maps{display:grid;grid-template-columns:repeat(3,minmax(4rem,9rem));gap:.5rem .75rem}
.patches{grid-template-columns:repeat(auto-fill,minmax(5.5rem,1fr));margin-top:.5rem}
@media (max-width:40rem){.answers{grid-template-columns:1fr}.answers>figure{max-width:8rem}}
`;

/** Contents of the report. */
export interface ExplainReport {
  /** source of the faces: a split of a data set, or files */
  readonly subject: string;
  readonly backbone: string;
  readonly classes: readonly string[];
  readonly faces: readonly ExplainedFacePictures[];
  /** number of explained faces, of which the first are shown */
  readonly faceCount: number;
  readonly removal: readonly (RemovalPlot & { readonly scores: readonly RankingScore[] })[];
  readonly planes: readonly (FeaturePlot & {
    readonly neighbours: number;
    readonly agreement: { readonly features: number; readonly plane: number };
  })[];
  readonly origin: Origin;
  /** options, versions and hashes */
  readonly record: unknown;
}

/** Renders the report as a self-contained HTML page. */
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

/** Sections of the report, including their CSS, for any report page. */
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

function removal({ removal, faceCount, origin }: ExplainReport): Section[] {
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
  return [
    {
      heading: "Can the maps be believed?",
      body: html`${note}<div class="figures">${tables}</div>${figureMarkup(removalFigure(removal), origin)}`,
    },
  ];
}

const figureText = ({ mean, interval: [low, high] }: Figure): string =>
  `${mean.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`;

function features({ planes, classes, origin }: ExplainReport): Section[] {
  if (planes.length === 0) return [];
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
image's ${neighbours} nearest that have its class, in feature space and in the plane. Models without visual prompts share the frozen image encoder
and therefore one plane.</p>`;
  return [
    {
      heading: "Features",
      body: html`${note}${figureMarkup(featuresFigure(planes, classes), origin)}<div class="figures">${figures}</div>`,
    },
  ];
}

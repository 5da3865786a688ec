/** Report of `demo`, a self-contained HTML page. */

import type { Metrics } from "../../evaluation/metrics.ts";
import { percent } from "../../evaluation/rows.ts";
import { lossFigure, validationFigure } from "../../runs/report/curveFigures.ts";
import { lossCurves, validationCurve } from "../../runs/report/curves.ts";
import { figureMarkup } from "../../runs/report/figure.ts";
import { html, type Markup, page } from "../../runs/report/page.ts";
import { classTable, confusionTable, table } from "../../runs/report/tables.ts";
import type { MetricRecord } from "../../runs/runFolder.ts";

export interface SampleFace {
  readonly truth: string;
  readonly predicted: string;
  /** largest probability */
  readonly score: number;
  /** base64 of a PNG */
  readonly png: string;
}

export interface DemoReport {
  /** metrics on the test split: zero-shot, then each variant; the last one is shown in full */
  readonly results: Readonly<Record<string, Metrics>>;
  readonly runs: readonly { readonly variant: string; readonly records: readonly MetricRecord[] }[];
  readonly faces: readonly SampleFace[];
  readonly people: Readonly<Record<"train" | "valid" | "test", number>>;
}

export function demoReport({ results, runs, faces, people }: DemoReport): string {
  const [name, metrics] = Object.entries(results).at(-1) ?? ["", undefined];
  const confusion =
    metrics === undefined
      ? []
      : [
          { heading: `Classes, ${name}`, body: classTable(metrics) },
          { heading: `Confusion, ${name}`, body: confusionTable(metrics) },
        ];
  return page({
    title: "Learning expressions from drawn faces",
    lead: "Drawn faces, a frozen CLIP, and some tens of kilobytes of learned prompts: the whole method in minutes.",
    sections: [
      { heading: "Before and after", body: comparison(results, people) },
      { heading: `What ${name} says of three people`, body: gallery(faces) },
      ...confusion,
      ...runs.flatMap(({ variant, records }) => [
        {
          heading: `Validation, ${variant}`,
          body: figureMarkup(validationFigure(validationCurve(records))),
        },
        { heading: `Loss terms, ${variant}`, body: figureMarkup(lossFigure(lossCurves(records))) },
      ]),
    ],
  });
}

function comparison(results: DemoReport["results"], people: DemoReport["people"]): Markup {
  const rows = Object.entries(results).map(([name, { accuracy, uar, ece, n }]) => [
    name,
    percent(accuracy),
    percent(uar),
    percent(ece),
    n,
  ]);
  const figures = table({
    caption: `on ${people.test} unseen identities`,
    heads: ["", "accuracy", "UAR", "ECE", "faces"],
    rows,
  });
  return html`${figures}
<p><em>zero-shot</em> is the backbone with written prompts and no learning. <em>coop</em> learns soft text prompts alone;
<em>mpa</em> adds visual prompts in every layer, prototypes, soft-hard alignment and the best patches. Both learned from
${people.train} other people and were chosen among epochs on ${people.valid} more.</p>
<p>The backbone saw photographs of faces and never a drawn one. The faces are drawn from facial actions by rules, so
the figures say that the method adapts, and nothing about people.</p>`;
}

function gallery(faces: readonly SampleFace[]): Markup {
  const figures = faces.map(({ truth, predicted, score, png }) => {
    const isRight = truth === predicted;
    const said = html`<span class="${isRight ? "right" : "wrong"}">${predicted}</span> ${Math.round(100 * score)} %`;
    const caption = isRight ? said : html`${said}; it is ${truth}`;
    const image = html`<img alt="a drawn face showing ${truth}" width="96" height="96" src="data:image/png;base64,${png}">`;
    return html`<figure>${image}<figcaption>${caption}</figcaption></figure>`;
  });
  return html`<div class="faces">${figures}</div>`;
}

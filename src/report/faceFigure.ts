/** One face with each model's maps beside it (paper, Figure 3). */
import { html, type Markup } from "./markup.ts";

export interface ExplainedFacePictures {
  readonly file: string;
  /** its class, where it is known */
  readonly label?: string;
  /** a `data:` address, as all pictures here */
  readonly picture: string;
  readonly answers: readonly {
    readonly model: string;
    readonly predicted: string;
    readonly probability: number;
    readonly gradient: string;
    readonly smoothGrad?: string;
    /** one a class, with the largest cosine */
    readonly patches: readonly { readonly name: string; readonly best: number; readonly picture: string }[];
  }[];
}

export function faceFigure({ file, label, picture, answers }: ExplainedFacePictures): Markup {
  const truth = label === undefined ? file : html`${label} <span class="faint">${file}</span>`;
  const rows = answers.map((answer) => answerMaps(answer, label));
  return html`<div class="face"><h3>${truth}</h3><div class="answers">${map(picture, "the face as the model sees it", "")}<div>
${rows}</div></div></div>`;
}

function answerMaps(
  { model, predicted, probability, gradient, smoothGrad, patches }: ExplainedFacePictures["answers"][number],
  label: string | undefined,
): Markup {
  const verdict = label === undefined ? "" : label === predicted ? "right" : "wrong";
  const own = patches.find(({ name }) => name === predicted);
  return html`<h4>${model}: <span class="${verdict}">${predicted}</span> ${Math.round(100 * probability)} %</h4>
<div class="maps">${map(gradient, `gradient of ${predicted}, ${model}`, "gradient")}
${smoothGrad === undefined ? undefined : map(smoothGrad, `SmoothGrad of ${predicted}, ${model}`, "SmoothGrad")}
${own === undefined ? undefined : map(own.picture, `best patches of ${predicted}, ${model}`, "patches")}</div>
<details><summary>best patches of each class</summary><div class="maps patches">${patches.map(
    ({ name, best, picture }) => map(picture, `best patches of ${name}, ${model}`, `${name}, ${best.toFixed(3)}`),
  )}</div></details>`;
}

function map(address: string, alternative: string, caption: string): Markup {
  const below = caption === "" ? undefined : html`<figcaption>${caption}</figcaption>`;
  return html`<figure><img alt="${alternative}" src="${address}">${below}</figure>`;
}

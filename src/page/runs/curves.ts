/** The validation accuracy of two runs, epoch after epoch. */
import { h, svg } from "../dom.ts";
import type { Pair } from "./comparison.ts";

const [width, height, margin] = [560, 220, 44];

export function curves(pair: Pair): HTMLElement {
  const all = pair.flatMap(({ validation }) => validation);
  if (all.length === 0) return h("p", { class: "faint" }, "No epoch was validated.");
  const last = Math.max(1, ...all.map(({ epoch }) => epoch));
  const low = Math.floor(10 * Math.min(...all.map(({ accuracy }) => accuracy))) / 10;
  const high = Math.max(low + 0.1, Math.ceil(10 * Math.max(...all.map(({ accuracy }) => accuracy))) / 10);
  const x = (epoch: number) => margin + ((width - 2 * margin) * epoch) / last;
  const y = (accuracy: number) => height - margin - ((height - 1.5 * margin) * (accuracy - low)) / (high - low);
  const ends = [low, high].flatMap((accuracy) => [
    svg("line", { x1: margin, x2: width - margin, y1: y(accuracy), y2: y(accuracy) }),
    svg("text", { x: 0, y: y(accuracy) + 4 }, `${Math.round(100 * accuracy)} %`),
  ]);
  const lines = pair.map(({ validation }, i) => {
    const points = validation.map(({ epoch, accuracy }) => `${x(epoch).toFixed(1)},${y(accuracy).toFixed(1)}`);
    return svg("path", { class: i === 0 ? "one" : "two", d: `M${points.join("L")}` });
  });
  const label = "Accuracy on the validation split after each epoch";
  const picture = svg(
    "svg",
    { class: "curve", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...ends,
    svg("text", { x: width - margin, y: height - margin / 4, "text-anchor": "end" }, `epoch ${last + 1}`),
    ...lines,
  );
  const key = pair.map(({ name }, i) => `${name}: ${i === 0 ? "solid" : "dashed"}`).join(", ");
  return h("figure", {}, picture, h("figcaption", {}, `${label}. ${key}.`));
}

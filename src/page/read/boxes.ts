/** Boxes over a picture or a video, each with its number and expression. */
import type { Size } from "../../preprocess/image.ts";
import type { FacePrediction } from "../../recognise/recognizer.ts";
import { svg } from "../dom.ts";

/** A drawing in the picture's own pixels, which is stretched over it. What it says stands in the tables as well. */
export function boxes(faces: readonly FacePrediction[], { width, height }: Size): SVGSVGElement {
  const letters = Math.max(width, height) / 32;
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...faces.flatMap(({ box: [x, y, w, h], label }, i) => {
      const frame = { x, y, width: w, height: h };
      const above = y > 1.4 * letters ? y - 0.4 * letters : Math.min(height - 0.3 * letters, y + h + letters);
      const text = { x: Math.min(x, width - 6 * letters), y: above, "font-size": letters };
      return [
        svg("rect", { ...frame, class: "under" }),
        svg("rect", frame),
        svg("text", text, faces.length > 1 ? `${i + 1} ${label}` : label),
      ];
    }),
  );
}

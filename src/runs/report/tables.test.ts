import { parseHTML } from "linkedom";
import { expect, it } from "vitest";
import { scoreClassification } from "../../evaluation/metrics.ts";
import { page } from "./page.ts";
import { confusionTable } from "./tables.ts";

it("labels rows and columns of the confusion matrix with their classes, also integer-like names", () => {
  const metrics = scoreClassification({ probabilities: [1, 0, 1, 0, 0, 1], labels: [0, 0, 1], classes: ["10", "2"] });
  const text = page({ title: "", lead: "", sections: [{ heading: "Confusion", body: confusionTable(metrics) }] });
  const { document } = parseHTML(text);
  const rows = [...document.querySelectorAll("table.confusion tr")].map((row) =>
    [...row.querySelectorAll("th, td")].map(({ textContent }) => textContent),
  );
  expect(rows).toEqual([
    ["", "10", "2"],
    ["10", "2", "0"],
    ["2", "0", "1"],
  ]);
});

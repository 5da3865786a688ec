import { expect, it } from "vitest";
import { text } from "./figures.ts";

it("lists all files, and names the figures that no format writes", () => {
  const figures = [
    { name: "scores", caption: "", files: [] },
    { name: "recall", caption: "", files: ["recall-column.pdf", "recall-page.pdf"] },
  ];
  expect(text({ out: "runs/a/figures", figures, texts: ["captions.md"] })).toBe(
    [
      "figure  files",
      "recall  recall-column.pdf recall-page.pdf",
      "texts   captions.md",
      "tables, which need --format tex, csv or md: scores",
      "runs/a/figures",
    ].join("\n"),
  );
});

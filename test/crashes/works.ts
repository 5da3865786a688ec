/** Jobs to kill: a training and an ablation table of a tiny CLIP on drawn shapes. */
import { join } from "node:path";
import { drawnFolder } from "../drawnFolder.ts";
import { writeTinyBackbone } from "../tinyBackbone.ts";
import type { Work } from "./chain.ts";
import { entries } from "./killed.ts";

const results = ["last.safetensors", "best.safetensors", "metrics.jsonl", "predictions.csv"];
const rows = ["coop", "+vp", "+proto", "+spa", "mpa"];

export async function works(
  folder: string,
  entry: keyof typeof entries,
  epochs: number,
): Promise<{ readonly train: Work; readonly ablate: Work }> {
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 5, valid: 3 });
  const shared = [
    ...["--data", data, "--dataset", "folder", "--backbone", backbone, "--hard-prompt", "2", "--threads", "1"],
    ...["--batch-size", "4"],
  ];
  return {
    train: {
      name: "train",
      argv: (out) => [...entries[entry], "train", ...shared, "--epochs", String(epochs), "--out", out],
      results,
    },
    ablate: {
      name: "ablate",
      argv: (out) => [
        ...entries[entry],
        "ablate",
        "components",
        ...shared,
        "--epochs",
        "3",
        "--seeds",
        "1",
        "--out",
        out,
      ],
      results: ["table.csv", ...rows.flatMap((row) => results.map((file) => join(`${row}-1`, file)))],
    },
  };
}

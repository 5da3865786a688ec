/** All readers of untrusted files. */
import type { Reader } from "../reader.ts";
import { backboneConfigs, modelFolders, tokenizers } from "./backbone.ts";
import { images } from "./images.ts";
import { labelFiles, npyFiles } from "./labels.ts";
import { runRecords } from "./records.ts";
import { descriptionFiles, optionFiles } from "./settings.ts";
import { checkpoints, resumeFiles, safetensors } from "./tensors.ts";
import { conversions, pickles, torchArchives } from "./torch.ts";

export const readers: readonly Reader[] = [
  safetensors,
  checkpoints,
  resumeFiles,
  backboneConfigs,
  modelFolders,
  tokenizers,
  optionFiles,
  descriptionFiles,
  labelFiles,
  npyFiles,
  pickles,
  torchArchives,
  conversions,
  images,
  runRecords,
];

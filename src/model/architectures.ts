import { z } from "zod";
import { Registry } from "../registry.ts";
import type { Architecture, Towers } from "./architecture.ts";
import type { Clip } from "./clip.ts";
import { parseClipConfig } from "./clipConfig.ts";
import { textTower } from "./text.ts";
import { visionTower } from "./vision.ts";

const clip: Architecture & Towers = { name: "clip", config: parseClipConfig, image: visionTower, text: textTower };

/** Every `model_type` that a backbone's `config.json` may have. A new one is one file and one line here. */
export const architectures = new Registry<Architecture>("architecture", /^[\w-]+$/, [clip]);

const kindSchema = z.object({ model_type: z.string() });

/** The architecture that a parsed `config.json` calls for; CLIP, which refuses what it is not, where there is none of its name. */
export function architectureOf(json: unknown): Architecture {
  const kind = kindSchema.safeParse(json);
  return (kind.success ? architectures.find(kind.data.model_type) : undefined) ?? clip;
}

/** A backbone's towers; CLIP's where its architecture has none of its own. */
export function towersOf({ config }: Clip): Towers {
  const { image = clip.image, text = clip.text } = architectures.get(config.architecture);
  return { image, text };
}

/** Options of `verify`. */
import { z } from "zod";
import { runOptions } from "../../clip/options.node.ts";
import { answerOptions } from "../../platform/options/common.ts";
import { type CommandSchema, optionGroup, text } from "../../platform/options/option.ts";

const verification = optionGroup("Verification");

const verifyOptions = z.strictObject({
  image: verification(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "COCO's val2017/000000039769.jpg, for which transformers publishes the logits of openai/clip-vit-base-patch32",
  }),
  ...{ backbone: runOptions.backbone, provider: runOptions.provider, threads: runOptions.threads },
  ...answerOptions,
});

export type VerifyConfig = Readonly<z.output<typeof verifyOptions>>;
/** Options of `verify`; `config.parse({…})` checks them and fills in the defaults. */
export const verifySchema = { options: verifyOptions, config: verifyOptions } satisfies CommandSchema<VerifyConfig>;

/** Helps another process's training: opens what it reads, holds the hashes against its own, and computes parts. */
import { hashIndex } from "../data/indexHash.ts";
import { MpaError } from "../errors.ts";
import { machine, versions } from "../packageInfo.ts";
import type { PartRunner } from "../parallel/helper.ts";
import type { RunContext } from "../runContext.ts";
import { imageGraph } from "../trainer/trainingGraph.ts";
import { openGraph } from "./classifier.ts";
import { partRunner } from "./partRunner.ts";
import { openBackboneIn } from "./precision.ts";
import { openTrainingImages } from "./trainingImages.ts";
import { decodeOffer, graphHash, type TrainingOffer } from "./trainingOffer.ts";

/** Where things lie on this machine; what is left out lies where the training says. */
export interface HelperPlaces {
  readonly data?: string;
  readonly backbone?: string;
  readonly threads?: number;
}

/** Throws RUNTIME for other versions or plugins, WEIGHTS or DATASET for other inputs, and as opening them does. */
export async function openHelper(bytes: Uint8Array, places: HelperPlaces, context: RunContext): Promise<PartRunner> {
  const offer = decodeOffer(bytes);
  checkVersions(offer, context);
  const { spec, microBatch, config: theirs } = offer;
  const { data = theirs.data, backbone: name = theirs.backbone, threads = theirs.threads } = places;
  const config = { ...theirs, data, backbone: name, threads };
  const backbone = await openBackboneIn(config.precision, name, context);
  const source = await openTrainingImages(config, backbone, "train", config.limit, context);
  if (backbone.sha256 !== offer.backbone) throw other("WEIGHTS", "the backbone's weights", name, "--backbone");
  if (hashIndex(source.split) !== offer.index) throw other("DATASET", "the list of training images", data, "--data");
  const { clip } = backbone;
  if (graphHash(clip, microBatch, spec) !== offer.graph) {
    const mend = "start it with the same --plugin files";
    throw new MpaError("RUNTIME", "the training computes something else than this worker would", undefined, mend);
  }
  const images = await openGraph(backbone, imageGraph(clip, microBatch, spec), config);
  const imageValues = 3 * clip.config.vision.imageSize ** 2;
  const options = { microBatch, classes: spec.classes, imageValues, imageInput: "pixels", losses: spec } as const;
  return { run: partRunner({ source, images, options }, config), dispose: () => images.dispose() };
}

const other = (code: "WEIGHTS" | "DATASET", what: string, where: string, option: string) =>
  new MpaError(code, `${what} differ from those of the training that asks for help`, where, `correct ${option}`);

/** Another version may come to other bits; so may another processor, but that is for whoever started it to judge. */
function checkVersions({ versions: theirs, processor }: TrainingOffer, { notice = () => undefined }: RunContext): void {
  const own = versions();
  for (const name of ["mpa-fer", "onnxruntime-node"]) {
    if (own[name] === theirs[name]) continue;
    const what = `${name} is ${own[name]} here and ${theirs[name] ?? "unknown"} where the training runs`;
    throw new MpaError("RUNTIME", what, undefined, "use one version everywhere");
  }
  if (machine().processor !== processor)
    notice(`this processor is not the training's, ${processor}; the bits may differ`);
}

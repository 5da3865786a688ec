/** Help texts: what holds of every command, and the texts themselves, so that a change of them is seen. */
import { describe, expect, test } from "vitest";
import { flagOf, type Option } from "../../platform/options/option.ts";
import { universalOptions } from "./arguments.ts";
import { commandHelp, mainHelp, shownValue } from "./help.ts";
import { commands } from "./registry.ts";

function helpOf(name: string): string {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return commandHelp(command);
}

interface Entry {
  /** the flag with its value, or the word for what stands without a flag */
  readonly head: string;
  /** in one line */
  readonly text: string;
  readonly group: string;
}

/** The options that a help text shows, in its order. */
function entriesOf(help: string): Entry[] {
  const entries: Entry[] = [];
  let group = "";
  for (const line of help.split("\n")) {
    const heading = /^([A-Z][\w ,]*):$/.exec(line);
    const [, head, text = ""] = /^ {2}(\S.*?)(?: {2,}(.*))?$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (heading !== null) group = heading[1];
    else if (head !== undefined && group !== "") entries.push({ head, text, group });
    else if (/^ {30}\S/.test(line) && last !== undefined) {
      entries[entries.length - 1] = { ...last, text: `${last.text} ${line.trim()}`.trim() };
    } else if (line !== "" && !line.startsWith("  ")) group = "";
  }
  return entries;
}

/** The default that a reader is told: in words where it depends on something, none for a flag that is off. */
function shownDefault({ defaultText, isFlag, default: value }: Option): string | undefined {
  if (defaultText !== undefined) return defaultText;
  return isFlag || value === undefined ? undefined : String(value);
}

describe.each(commands)("the help of $name", (command) => {
  const help = commandHelp(command);
  const entries = entriesOf(help);
  const byHead = (option: Option) => entries.find(({ head }) => head.split(" ")[0] === flagOf(option).split(" ")[0]);

  test("fits into 100 columns", () => {
    expect(help.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test("has every option once, with its value, under its heading, then the global options", () => {
    const groups = [...new Set(command.options.map(({ group }) => group))];
    const own = groups.flatMap((group) => command.options.filter((option) => option.group === group));
    expect(entries.map(({ head, group }) => [head, group])).toEqual([
      ...own.map((option) => [
        option.isFlag || option.positional ? flagOf(option) : `${flagOf(option)} ${shownValue(option)}`,
        option.group,
      ]),
      ...universalOptions.map((option) => [`--${option.name}${"value" in option ? ` ${option.value}` : ""}`, "Always"]),
    ]);
  });

  test("describes each option: whether it is required, its default and the default's source", () => {
    const usage = help.split("\n\n")[1].replaceAll(/\s+/g, " ");
    for (const option of command.options) {
      const text = byHead(option)?.text ?? "";
      expect(text.startsWith(option.help), option.key).toBe(true);
      const notes = text.slice(option.help.length);
      const [, value] = /\(default: (.*?)\)(?: \[|$)/.exec(notes) ?? [];
      expect(value, option.key).toBe(shownDefault(option));
      expect(notes.includes("(required)"), option.key).toBe(option.isRequired);
      expect(usage.includes(byHead(option)?.head ?? ""), option.key).toBe(option.isRequired);
      expect(notes.includes("(may be given several times)"), option.key).toBe(option.repeatable === true);
      expect(/\[([^[]*)\]$/.exec(notes)?.[1], option.key).toBe(option.source);
    }
    for (const { name, help: text } of universalOptions) {
      expect(entries.filter(({ head }) => head.split(" ")[0] === `--${name}`)).toMatchObject([{ text }]);
    }
  });

  test("has an example with valid options", () => {
    const [name, ...words] = command.example.split(" ");
    const known = new Set(commandHelp(command).match(/--[a-z-]+/g));
    expect(name).toBe(command.name);
    expect(words.filter((word) => word.startsWith("--") && !known.has(word))).toEqual([]);
  });
});

test("the list of commands has each command once, with its summary", () => {
  const listed = mainHelp(commands).split("\n");
  for (const { name, summary } of commands) {
    expect(listed.filter((line) => line.startsWith(`  ${name} `) && line.endsWith(` ${summary}`))).toHaveLength(1);
  }
  expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
});

test("the commands", () => {
  expect(mainHelp(commands)).toMatchInlineSnapshot(`
    "Usage: mpa-fer COMMAND [options]

    Commands:
      train                       trains prompts on a data set, validates, writes a run folder
      lr-range                    trains with a growing learning rate, draws the loss, suggests a rate
      evaluate                    scores a checkpoint on one split
      predict                     finds faces in photographs and tells their expressions
      ablate                      redoes one of the paper's Tables 1 to 4 on a data set
      protocol                    few-shot, base-to-new, cross-data, leave-one-class-out, k-fold
      explain                     shows where answers come from: saliency, patches, t-SNE, side by side
      figures                     writes a run's or ablation's figures and tables for a paper
      describe                    asks a language model what tells expressions apart; edits and scores answers
      prepare                     cuts the faces out of a data set's photographs, upright, into class folders
      export                      writes an ONNX classifier for other programs, prompts and labels inside
      push                        puts a run's prompts and a card made of its records on the Hugging Face hub
      convert                     makes a CLIPModel folder of OpenAI's or OpenCLIP's weights
      doctor                      checks a data set (counts, unreadable and duplicate pictures) or the machine
      bench                       measures images/s of training and prediction on this machine
      serve                       answers over HTTP, and shows the page, on this machine alone
      worker                      does work of other machines: parts of trainings, cells of tables, folders to score
      completion                  writes a script that completes this command in a shell
      demo                        does the main job end to end with nothing but what is in the package

      mpa-fer COMMAND --help      the options of a command
      mpa-fer --version           the version

    Exit codes: 0 done; 1 the work failed; 2 the call or its input was wrong.
    "
  `);
});

test("the help of train", () => {
  expect(helpOf("train")).toMatchInlineSnapshot(`
    "mpa-fer train trains prompts on a data set, validates, writes a run folder.

    Usage: mpa-fer train --data DIR --dataset DATASET [options]

    Data:
      --data DIR                  folder of the data set (required)
      --dataset DATASET           kind of the data set: ferplus, fer2013, raf-db, raf-db-compound,
                                  affectnet-7, affectnet-8, expw, sfew, ckplus, jaffe, kdef, dfew-1,
                                  dfew-2, dfew-3, dfew-4, dfew-5, ferv39k, folder (required)
      --label-rule plurality|majority|votes
                                  how the votes of FER+ make a label (default: plurality)
                                  [docs/datasets.md]
      --limit N                   at most N images a class
      --allow-bad N               unreadable images to bear with (default: 1 % of the split) [our
                                  choice]
      --data-workers N            pictures read and decoded at once; the result is the same with any
                                  number (default: 4) [our choice]
      --classes NAME,…            only these classes, in the data's order
      --fold I/K                  make the splits of the training images: fold I of K is test, the next
                                  one valid, the others train
      --fold-seed N               seed of the folds (default: 1) [our choice]
      --persons FILE              with --fold: a CSV, its first column the image's file, with a column
                                  person; nobody is in two folds (default: the persons that the data set
                                  names, if it does)
      --valid-limit N             at most N validation images a class
      --paper-protocol            choose the best epoch on the test split itself, as the paper seems to;
                                  its figure is labelled so everywhere [our choice]
      --augment none|paper        random crop, flip and erasing (default: paper) [paper, section 4;
                                  docs/method.md, A step of training]
      --no-shuffle                keep the file's order in every epoch [docs/method.md, A step of
                                  training]
      --sampler uniform|square-root|cube-root|balanced
                                  each image once an epoch; classes by a root of their images; every
                                  class equally often (default: uniform; balanced for affectnet-7 and
                                  -8) [docs/datasets.md]

    Prompts:
      --variant coop|+vp|+proto|+spa|mpa
                                  which parts there are; a part set to 0 is left out (default: mpa)
                                  [paper, Table 1]
      --context class-specific|unified
                                  soft tokens for each class, or shared by all (default: class-specific)
                                  [docs/method.md, Text features]
      --context-length M          soft text tokens (default: 10) [paper, section 4]
      --soft-text class-name|hard-prompt
                                  what follows the soft tokens (default: class-name) [docs/method.md,
                                  Text features]
      --hard-prompt 1|2|3         1: a photo of; 2: with the task named; 3: with descriptions (default:
                                  3) [paper, Table 2]
      --template TEXT             hard prompt of every class instead, such as "a photo of a {class}, a
                                  type of bird"; {description} takes the phrases
      --descriptions FILE         class → phrases, in JSON, instead of those in the package
      --visual-prompts P          visual prompts in every layer (default: 8 where the variant has them)
                                  [paper, section 4]

    Losses:
      --top-k K                   local features kept for each class (default: 16 where the variant has
                                  local alignment) [paper, section 4; Eq. 9]
      --beta X                    weight of soft-hard alignment, L_t (default: 1 where the variant has
                                  it) [paper, section 4; Eq. 12]
      --gamma X                   weight of prototype alignment, L_v (default: 1 where the variant has
                                  it) [paper, section 4; Eq. 12]
      --prototype-loss cosine|l1  distance between an image and its prototype (default: cosine)
                                  [docs/method.md, Prototypes; Eq. 7]
      --prototype-images N|all    training images a class that make its prototype (default: all) [paper,
                                  Table 3]
      --tau X                     temperature of soft-hard alignment (default: 1/s, the backbone's own)
                                  [docs/method.md, Symbols]
      --loss-term NAME=WEIGHT     weight of a further loss term: L_kg of KgCoOp (8 in its paper), or one
                                  that a plugin has brought (may be given several times)
      --label-smoothing X         share of a target in L_vt that is spread over all classes (default: 0)
                                  [docs/method.md, Training options]
      --class-weights balanced|square-root|effective
                                  weight of each class in L_vt by its number of training images
                                  (default: all the same) [docs/method.md, Training options]

    Training:
      --epochs N                  passes over the training images (default: 120; 20 for affectnet-7 and
                                  -8) [paper, section 4]
      --max-steps N               stop after N steps
      --batch-size N              images a step (default: 32) [paper, section 4]
      --lr X                      learning rate (default: 0.032) [paper, section 4]
      --optimiser sgd|adamw       AdamW needs another --lr than SGD, such as 1e-3 (default: sgd)
                                  [docs/method.md, A step of training]
      --momentum X                of SGD; β1 of AdamW (default: 0.9) [docs/method.md, A step of
                                  training]
      --weight-decay X            of the optimiser (default: 0.0005) [docs/method.md, A step of
                                  training]
      --adam-beta2 X              β2 of AdamW (default: 0.999) [docs/method.md, Training options]
      --schedule cosine|constant|linear|step
                                  of the learning rate, by step (default: cosine) [paper, section 4]
      --warmup-epochs N           epochs before the schedule starts, which then takes the rest of the
                                  steps (default: 0) [docs/method.md, Training options]
      --warmup constant|linear    learning rate of those epochs: --warmup-lr, or from it up to --lr
                                  (default: constant) [docs/method.md, Training options]
      --warmup-lr X               learning rate that the warm-up starts from (default: 0.00001)
                                  [docs/method.md, Training options]
      --clip-norm X               clip the gradients of a step to this norm over all prompts (default:
                                  no clipping) [docs/method.md, Training options]
      --mixup X                   α of mixup: blend images and targets of a batch by a share of Beta(α,
                                  α) (default: 0, no mixup) [docs/method.md, Training options]
      --ema X                     decay of an exponential moving average of the prompts; it is validated
                                  and saved in their place (default: 0, no average) [docs/method.md,
                                  Training options]
      --average-from N            validate and save the mean of the prompts at the ends of the epochs
                                  from N (default: no average) [docs/method.md, Training options]
      --patience N                end the training after N epochs without a better validation (default:
                                  train all epochs) [docs/method.md, Training options]

    Run:
      --out DIR                   run folder (default: runs/DATASET-VARIANT-SEED) [our choice]
      --resume                    go on from the run folder's last checkpoint, bit for bit
      --replay FILE               do the run of a run.json again, with its options, and hold the
                                  result's bits against its own
      --feature-cache DIR         keep the frozen features of images here, for other runs on the same
                                  images
      --tensorboard               also write the curves as an event file of TensorBoard
      --mlflow URL                also log the run to this tracking server of MLflow; a server that
                                  fails costs a warning, not the run
      --mlflow-experiment NAME    experiment there; it is made where there is none (default: mpa-fer)
                                  [our choice]
      --init FILE                 checkpoint whose prompts the training starts from
      --no-report-faces           leave the faces of the worst mistakes out of the report; no other file
                                  holds pictures [our choice]
      --checkpoint-every N        epochs between checkpoints (default: 1) [our choice]
      --estimate                  time a few steps, tell what all will take (time, memory, disk), and
                                  stop there
      --backbone DIR|NAME         frozen CLIP: a folder in the Hugging Face layout, a model on its hub
                                  (ORG/NAME or ORG/NAME@REVISION), one in the package, or
                                  random:vit-b-16 (default: faceclip-mini) [our choice]
      --precision fp32|fp32-strassen|fp16|int8
                                  arithmetic of the frozen encoders; fp32-strassen is faster from ViT-B
                                  on, and takes more memory; fp16 is for webgpu and cuda, int8 for the
                                  CPU (default: fp32) [our choice]
      --provider cpu|cuda|…       execution provider of ONNX Runtime; never silently another (default:
                                  cpu) [our choice]
      --threads N                 threads for tensors (default: one a core) [our choice]
      --memory SIZE               upper bound that micro-batches keep to, such as 4GB or 512MB; the
                                  gradient is the same (default: half of what is free) [our choice]
      --seed N                    decides the first prompts, the order and the augmentation (default: 1)
                                  [our choice]
      --json FILE                 write the answer as JSON; - is standard output, alone there
      --quiet                     no progress, no tables; warnings are printed

    Several machines:
      --micro-batch N             images a part of a batch; parts are what workers share, and their
                                  order decides the bits (default: what memory allows and caches hold)
      --redis URL                 share the work with every \`mpa-fer worker\` on this Redis; the result
                                  has the same bits
      --helpers N                 with --redis: workers to ask for beside this process (default: one
                                  less than a batch has parts) [our choice]

    Always:
      --config FILE               JSON or YAML with any of these options; the command line wins
      --plugin FILE               run this module, which adds data sets, loss terms and more; may be
                                  given again
      --offline                   ask no network: a model on the hub has to be in the cache, and no
                                  endpoint is asked
      --debug                     show the stack of an error
      --help                      this text

    Example: mpa-fer train --data ferplus --dataset ferplus --out runs/first

    In brackets: where a default comes from. The paper is "Multimodal Prompt Alignment for Facial
    Expression Recognition"; docs/method.md settles what it leaves open.
    "
  `);
});

test("the help of predict", () => {
  expect(helpOf("predict")).toMatchInlineSnapshot(`
    "mpa-fer predict finds faces in photographs and tells their expressions.

    Usage: mpa-fer predict FILE… [options]

    Data:
      FILE…                       photographs, folders, patterns, videos (with ffmpeg on the path), or -
                                  for standard input (required)
      --no-detect                 take each image as one aligned face
      --every S                   seconds between the frames of a video that are looked at (default:
                                  0.2) [our choice]
      --smoothing S               time constant over which the probabilities of a face in a video are
                                  smoothed; 0: not at all (default: 0.5) [our choice]
      --report FILE               write a page with a timeline of each person in the videos
      --vtt FILE                  write the expressions in a video as subtitles (WebVTT); - is standard
                                  output, alone there
      --jsonl FILE                write one line of JSON a picture as it is done; - is standard output,
                                  alone there
      --csv FILE                  write one row a face; - is standard output, alone there
      --output FORMAT=FILE        write the answers in this format: json, jsonl, csv, vtt, or a plugin's
                                  (may be given several times)
      --draw DIR                  write each picture and video with boxes and expressions drawn on it
      --no-report-faces           leave the faces out of the report; no other file but the drawings
                                  holds pictures [our choice]
      --smallest-face PX          pixels of the smallest face to look for; less costs time on large
                                  pictures (default: 48; more for pictures over 2304 pixels, a
                                  forty-eighth of their longer side) [our choice]
      --face-score P              how sure the detector has to be of a face (default: 0.35)
                                  [docs/records/detector-scores.json]
      --careful                   read each face in five crops, each also mirrored; takes some five
                                  times as long a face
      --unsure-below P            call an expression unsure below this probability (default: 0.5)
                                  [docs/records/photographs.json]
      --checkpoint FILE           trained prompts; without it those that come with the backbone, else
                                  zero-shot
      --zero-shot                 let the hard prompts classify where no checkpoint is named
      --no-flip                   read each face once, where the prompts ask for a mirrored read as well

    Prompts:
      --hard-prompt 1|2|3         1: a photo of; 2: with the task named; 3: with descriptions (default:
                                  3) [paper, Table 2]
      --template TEXT             hard prompt of every class instead, such as "a photo of a {class}, a
                                  type of bird"; {description} takes the phrases
      --descriptions FILE         class → phrases, in JSON, instead of those in the package

    Run:
      --batch-size N              images at a time (default: 32) [our choice]
      --backbone DIR|NAME         frozen CLIP: a folder in the Hugging Face layout, a model on its hub
                                  (ORG/NAME or ORG/NAME@REVISION), one in the package, or
                                  random:vit-b-16 (default: faceclip-mini) [our choice]
      --precision fp32|fp32-strassen|fp16|int8
                                  arithmetic of the frozen encoders; fp32-strassen is faster from ViT-B
                                  on, and takes more memory; fp16 is for webgpu and cuda, int8 for the
                                  CPU (default: fp32) [our choice]
      --provider cpu|cuda|…       execution provider of ONNX Runtime; never silently another (default:
                                  cpu) [our choice]
      --threads N                 threads for tensors (default: one a core) [our choice]
      --memory SIZE               upper bound that micro-batches keep to, such as 4GB or 512MB; the
                                  gradient is the same (default: half of what is free) [our choice]
      --seed N                    decides the first prompts, the order and the augmentation (default: 1)
                                  [our choice]
      --json FILE                 write the answer as JSON; - is standard output, alone there
      --quiet                     no progress, no tables; warnings are printed

    Several machines:
      --redis URL                 share the work with every \`mpa-fer worker\` on this Redis; the result
                                  has the same bits
      --results DIR|s3://…        with --redis: where workers leave what they made; keys for a bucket as
                                  AWS's own tools take them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …)
                                  (default: ablate: its --out, which all machines then have to see)

    Always:
      --config FILE               JSON or YAML with any of these options; the command line wins
      --plugin FILE               run this module, which adds data sets, loss terms and more; may be
                                  given again
      --offline                   ask no network: a model on the hub has to be in the cache, and no
                                  endpoint is asked
      --debug                     show the stack of an error
      --help                      this text

    Example: mpa-fer predict photo.jpg --checkpoint runs/first/best.safetensors --json answer.json

    In brackets: where a default comes from. The paper is "Multimodal Prompt Alignment for Facial
    Expression Recognition"; docs/method.md settles what it leaves open.
    "
  `);
});

test("the help of explain", () => {
  expect(helpOf("explain")).toMatchInlineSnapshot(`
    "mpa-fer explain shows where answers come from: saliency, patches, t-SNE, side by side.

    Usage: mpa-fer explain [options]

    Data:
      FILE…                       photographs, whose faces are explained; or name --data, or --run
                                  (default: those of the data set) [our choice]
      --no-detect                 take each image as one aligned face
      --smallest-face PX          pixels of the smallest face to look for; less costs time on large
                                  pictures (default: 48; more for pictures over 2304 pixels, a
                                  forty-eighth of their longer side) [our choice]
      --face-score P              how sure the detector has to be of a face (default: 0.35)
                                  [docs/records/detector-scores.json]
      --run DIR                   a run folder: its best checkpoint, data and backbone; its report.html
                                  gets what comes out
      --data DIR                  folder of the data set
      --dataset DATASET           kind of the data set: ferplus, fer2013, raf-db, raf-db-compound,
                                  affectnet-7, affectnet-8, expw, sfew, ckplus, jaffe, kdef, dfew-1,
                                  dfew-2, dfew-3, dfew-4, dfew-5, ferv39k, folder
      --label-rule plurality|majority|votes
                                  how the votes of FER+ make a label (default: the run's, else
                                  plurality) [docs/datasets.md]
      --limit N                   at most N images a class
      --allow-bad N               unreadable images to bear with (default: 1 % of the split) [our
                                  choice]
      --split train|valid|test    what to score; the test split is read only when it is named (default:
                                  valid) [our choice]

    Explanation:
      --checkpoint FILE           trained prompts to look into, side by side (may be given several
                                  times) (default: those that come with the backbone, if any) [our
                                  choice]
      --no-zero-shot              leave zero-shot, the hard prompts alone, out
      --images N                  images of the split to explain, classes in turn; 0: none (default: 16)
                                  [our choice]
      --smooth N                  noisy copies that SmoothGrad takes the mean of; 0: no SmoothGrad
                                  (default: 25) [our choice]
      --noise X                   SmoothGrad's noise, as a share of the picture's range (default: 0.15)
                                  [Smilkov et al. 2017]
      --top-k K                   patches to show for each class (default: the checkpoint's own, else
                                  16) [paper, section 4; Eq. 9]
      --steps N                   steps of the deletion and insertion curves (default: 20) [our choice]
      --points N                  images of the split in the t-SNE at most; 0: no t-SNE (default: 1000)
                                  [our choice]
      --perplexity X              of t-SNE; less where there are not three times as many images
                                  (default: 30) [our choice]
      --hard-prompt 1|2|3         1: a photo of; 2: with the task named; 3: with descriptions (default:
                                  the run's, else 3) [paper, Table 2]
      --template TEXT             hard prompt of every class instead, such as "a photo of a {class}, a
                                  type of bird"; {description} takes the phrases (default: the run's, if
                                  any) [our choice]
      --descriptions FILE         class → phrases, in JSON, instead of the run's or those in the package
      --backbone DIR|NAME         frozen CLIP, as train takes it (default: the run's, else
                                  faceclip-mini) [our choice]
      --seed N                    decides which faces, the noise, the orders by chance and the layout
                                  (default: 1) [our choice]
      --out DIR                   folder of the pictures, explain.json and explain.html (default:
                                  runs/explain, or explain in the run folder; where it is there already,
                                  …-2 and so on) [our choice]
      --batch-size N              images at a time (default: 16) [our choice]

    Run:
      --precision fp32|fp32-strassen|fp16|int8
                                  arithmetic of the frozen encoders; fp32-strassen is faster from ViT-B
                                  on, and takes more memory; fp16 is for webgpu and cuda, int8 for the
                                  CPU (default: fp32) [our choice]
      --provider cpu|cuda|…       execution provider of ONNX Runtime; never silently another (default:
                                  cpu) [our choice]
      --threads N                 threads for tensors (default: one a core) [our choice]
      --json FILE                 write the answer as JSON; - is standard output, alone there
      --quiet                     no progress, no tables; warnings are printed

    Always:
      --config FILE               JSON or YAML with any of these options; the command line wins
      --plugin FILE               run this module, which adds data sets, loss terms and more; may be
                                  given again
      --offline                   ask no network: a model on the hub has to be in the cache, and no
                                  endpoint is asked
      --debug                     show the stack of an error
      --help                      this text

    Example: mpa-fer explain --run runs/first

    In brackets: where a default comes from. The paper is "Multimodal Prompt Alignment for Facial
    Expression Recognition"; docs/method.md settles what it leaves open.
    "
  `);
});

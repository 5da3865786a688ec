/** Readers of label files and the pictures that they list. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { checkDataset } from "../../../src/apps/doctor/datasetCheck.ts";
import { parseClipPreprocess } from "../../../src/clip/preprocess.ts";
import { loadBatches } from "../../../src/data/batches.ts";
import { loadSplit } from "../../../src/data/datasets.node.ts";
import { sampleReader } from "../../../src/data/images.node.ts";
import { npyScalar } from "../../../src/data/npy.ts";
import { type Extreme, repeated } from "../extremes.ts";
import { type Reader, utf8 } from "../reader.ts";

const votes = "4,0,0,1,3,2,0,0,0,0";
const affectnetHead = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression";
const pixels = Array.from({ length: 48 * 48 }, (_, i) => i % 256).join(" ");

/** Data set kinds by the top folder of a seed's path. */
const kinds: Readonly<Record<string, string>> = {
  ferplus: "ferplus",
  kaggle: "ferplus",
  fer2013: "fer2013",
  rafdb: "raf-db",
  affectnet: "affectnet-8",
  compound: "raf-db-compound",
  expw: "expw",
  ckplus: "ckplus",
  dfew: "dfew-1",
  ferv39k: "ferv39k",
};

/** Folders with a picture `a.png`. */
const pictureFolders = [
  ...["ferplus/FER2013Train", "affectnet/1", "rafdb/Image/aligned", "compound/Image/aligned", "expw"],
  ...["ckplus/cohn-kanade-images", "dfew/Clip/clip_224x224/00001", "ferv39k/2_ClipsforFaceCrop/Action/Sad/0010"],
];

export const labelFiles: Reader = {
  name: "labels",
  async open(folder) {
    const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: "grey" } })
      .png()
      .toBuffer();
    for (const place of pictureFolders) {
      await mkdir(join(folder, place), { recursive: true });
      await writeFile(join(folder, place, "a.png"), picture);
    }
    return {
      seeds: [
        {
          file: "ferplus/FER2013Train/label.csv",
          bytes: utf8(`a.png,"(0, 0, 48, 48)",${votes}\nb.png,"(1, 2, 5, 6)",${votes}\n`),
        },
        {
          file: "kaggle/fer2013.csv",
          bytes: utf8(`emotion,pixels,Usage\n0,${pixels},Training\n1,${pixels},PublicTest\n`),
        },
        {
          file: "kaggle/fer2013new.csv",
          bytes: utf8(`Usage,Image name,${"n,".repeat(9)}n\nTraining,a.png,${votes}\nPublicTest,b.png,${votes}\n`),
        },
        {
          file: "fer2013/icml_face_data.csv",
          bytes: utf8(`emotion, Usage, pixels\n0,Training,${pixels}\n6,PrivateTest, ${pixels}\n`),
        },
        { file: "rafdb/EmoLabel/list_patition_label.txt", bytes: utf8("train_00001.jpg 5\ntest_0001.jpg 7\n") },
        { file: "compound/EmoLabel/list_patition_label.txt", bytes: utf8("train_0001.jpg 11\ntest_0001.jpg 7\n") },
        { file: "expw/label.lst", bytes: utf8("a.png 0 1 1 5 6 62.3 4\na.png 1 0 0 8 8 60 6\n") },
        { file: "ckplus/Emotion/S005/001/S005_001_00000011_emotion.txt", bytes: utf8("   3.0000000e+00\n") },
        { file: "dfew/EmoLabel_DataSplit/train/set_1.csv", bytes: utf8("video_name,label\n1,5\n00002,7\n") },
        { file: "ferv39k/All_scenes/train_All.csv", bytes: utf8("Action/Sad/0010 Sad\nWar/Angry/0002 Angry\n") },
        {
          file: "affectnet/training.csv",
          bytes: utf8(`${affectnetHead}\n1/a.png,0,0,4,4,1;2,3\n1/b.png,1,1,2,2,1;2,10\n`),
        },
      ],
      tokens: [
        "../",
        "/etc/passwd",
        "\\\\host\\share",
        "1\\a.png",
        "C:\\a.png",
        "emotion",
        " Usage",
        '"',
        '""',
        "\r\n",
        ",",
        "\u0000",
        "(0, 0, 99999999, 99999999)",
        "a.png",
      ],
      extremes: [
        many("commas of a label file", "ferplus/FER2013Train/label.csv", 30_000_000, "", ","),
        many(
          "rows of a label file",
          "ferplus/FER2013Train/label.csv",
          300_000,
          "",
          `a.png,"(0, 0, 48, 48)",${votes}\n`,
        ),
        many("zeros of a label file", "ferplus/FER2013Train/label.csv", 30_000_000, "", "\0"),
        many("rows of votes", "kaggle/fer2013new.csv", 300_000, "h\n", `Training,a.png,${votes}\n`),
        many("pixels of a row", "fer2013/icml_face_data.csv", 3_000_000, "emotion, Usage, pixels\n0,Training,", "7 "),
        many("rows of AffectNet", "affectnet/training.csv", 200_000, `${affectnetHead}\n`, "1\\a.png,0,0,4,4,1;2,3\n"),
        many("lines of ExpW", "expw/label.lst", 200_000, "", "a.png 0 1 1 5 6 62.3 4\n"),
        many("rows of DFEW", "dfew/EmoLabel_DataSplit/train/set_1.csv", 300_000, "video_name,label\n", "1,5\n"),
        many("lines of FERV39k", "ferv39k/All_scenes/train_All.csv", 300_000, "", "Action/Sad/0010 Sad\n"),
        many("lines of RAF-DB", "rafdb/EmoLabel/list_patition_label.txt", 500_000, "", "train_00001.jpg 5\n"),
      ],
      generated: {
        file: "ferplus/FER2013Train/label.csv",
        bytes: fc
          .array(
            fc.array(fc.oneof(fc.string(), fc.constantFrom("1", '"', "a.png", '"(0, 0, 8, 8)"')), { maxLength: 13 }),
          )
          .map((rows) => utf8(rows.map((row) => row.join(",")).join("\n"))),
      },
      read: async ({ file, bytes }) => {
        const [top] = file.split("/");
        const split = await loadSplit(kinds[top], join(folder, top), "train");
        // With very many rows, decoding the picture of each would take too long.
        if (bytes.length > maxDecoded) return;
        const order = split.samples.slice(0, 4).map((_, i) => i);
        const how = parseClipPreprocess(undefined, 16, "none");
        const read = sampleReader(split);
        for await (const _ of loadBatches({ ...split, read, order, batchSize: 2, preprocess: how }));
        await checkDataset({ data: join(folder, top), dataset: kinds[top], labelRule: "votes" });
      },
    };
  },
};

/** Maximum bytes of label files whose pictures are decoded. */
const maxDecoded = 100_000;

const many = (name: string, file: string, most: number, before: string, part: string): Extreme => ({
  ...{ name, file, most },
  make: (count) => repeated(count, utf8(part), utf8(before), new Uint8Array()),
});

/** NumPy file of version 1 with this header and data. */
function npy(head: string, data: Uint8Array): Uint8Array {
  const padded = `${head.padEnd(117)}\n`;
  const bytes = new Uint8Array(10 + padded.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(utf8(padded), 10);
  bytes.set(data, 10 + padded.length);
  return bytes;
}

const head = (type: string) => `{'descr': '${type}', 'fortran_order': False, 'shape': (), }`;

export const npyFiles: Reader = {
  name: "npy",
  open: async () => ({
    seeds: [
      { file: "a.npy", bytes: npy(head("<U1"), utf8("6\0\0\0")) },
      { file: "b.npy", bytes: npy(head("<i8"), Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0)) },
      { file: "c.npy", bytes: npy(head("|S2"), utf8("10")) },
    ],
    tokens: ["|O", "<U", "<f8", ">i4", "(1,)", "(4294967296,)", "'descr'", "'shape': ()", "<U4294967295"],
    generated: {
      file: "a.npy",
      bytes: fc
        .tuple(fc.constantFrom("<", "|", ">", "="), fc.constantFrom("U", "S", "O", "i", "u", "f", "V", "c"), fc.nat())
        .chain(([order, kind, size]) =>
          fc.uint8Array({ maxLength: 32 }).map((data) => npy(head(`${order}${kind}${size}`), data)),
        ),
    },
    read: async ({ bytes }) => npyScalar(bytes, "label.npy"),
  }),
};

/** Bad, hostile and abandoned requests of the soak, with the outcomes that each may have. */
import type { Random } from "../../src/platform/random.ts";
import {
  flatJpeg,
  gifOfFrames,
  jpegOfScans,
  packedTexts,
  tiffOfPages,
  webpOfFrames,
} from "../../test/hostilePictures.ts";
import { type Conversation, converse, type Outcome } from "./client.ts";

export const groups = ["bad", "hostile", "abandoned"] as const;

/** Kind of request that is no polite question about a picture. */
export interface Kind {
  readonly name: string;
  readonly group: (typeof groups)[number];
  /** outcomes that are right */
  readonly may: readonly Outcome[];
  conversation(random: Random): Conversation;
}

/** Sends one request of the kind. */
export const send = (url: URL, { conversation }: Kind, random: Random): Promise<Outcome> =>
  converse(url, conversation(random));

const boundary = "soak";

/** Multipart body of these files. */
export const formOf = (files: readonly Buffer[]): Buffer =>
  Buffer.concat([
    ...files.flatMap((file, i) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${i}"\r\n\r\n`),
      file,
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
export const formType = `multipart/form-data; boundary=${boundary}`;

const head = (method: string, path: string, ...lines: readonly string[]) =>
  `${[`${method} ${path} HTTP/1.1`, "Host: localhost", ...lines].join("\r\n")}\r\n\r\n`;
const posting = (length: number, type = "application/octet-stream", path = "/api/predict") =>
  head("POST", path, `Content-Type: ${type}`, `Content-Length: ${length}`);
const posted = (body: Buffer, type?: string, path?: string): Conversation => ({
  pieces: [posting(body.length, type, path), body],
});

/** The server may be busy with other requests. */
const busy = 503;

/** All kinds; `picture` is a good one, which abandoned requests send. */
export async function requestKinds(picture: Buffer): Promise<readonly Kind[]> {
  return [...badKinds(), ...(await hostilePictures(picture)), ...hostileRequests(picture), ...abandonedKinds(picture)];
}

function badKinds(): readonly Kind[] {
  const bodies = {
    json: Buffer.from(JSON.stringify({ image: "https://example.org/face.jpg" })),
    text: Buffer.from("a face, please"),
    svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    heic: Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"),
  };
  const bad = (name: string, may: readonly number[], sent: Conversation): Kind => ({
    ...{ name, group: "bad", may: [...may, busy] },
    conversation: () => sent,
  });
  return [
    ...Object.entries(bodies).map(([name, body]) => bad(name, [422], posted(body))),
    ...Object.entries(bodies).map(([name, body]) =>
      bad(`form of ${name}`, [422], posted(formOf([body, body]), formType)),
    ),
    bad("empty", [400], posted(Buffer.alloc(0))),
    bad("form of empty", [422], posted(formOf([Buffer.alloc(0)]), formType)),
    bad("form without a file", [400], posted(formOf([]), formType)),
    bad("explain json", [422], posted(bodies.json, undefined, "/api/explain?target=happiness")),
    bad("other method", [405], { pieces: [head("GET", "/api/predict")] }),
    bad("other host", [403, 421], {
      pieces: ["POST /api/predict HTTP/1.1\r\nHost: example.org\r\nContent-Length: 0\r\n\r\n"],
    }),
  ];
}

async function hostilePictures(picture: Buffer): Promise<readonly Kind[]> {
  const packed = await packedTexts("zTXt");
  const bodies = {
    "JPEG of 30,000 scans": jpegOfScans(30_000, 16),
    "JPEG of 900 megapixels": flatJpeg(30_000, 30_000),
    "TIFF of 100,000 pages": tiffOfPages(100_000),
    "WebP of 5,000 frames": await webpOfFrames(5_000),
    "GIF of 100,000 frames": gifOfFrames(100_000),
    "PNG with packed texts": packed(200),
    "truncated picture": picture.subarray(0, picture.length / 2),
    "truncated head": picture.subarray(0, 20),
  };
  // A still whose other frames are not read is a picture; a truncated one is refused.
  return Object.entries(bodies).map(([name, body]) => ({
    ...{ name, group: "hostile", may: [200, 413, 422, busy, "cut"] },
    conversation: () => posted(body),
  }));
}

function hostileRequests(picture: Buffer): readonly Kind[] {
  const oversized = Buffer.alloc(21e6, picture);
  const part = '--soak\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n\r\n';
  const manyParts = Buffer.from(part.repeat(200_000));
  const manyFields = Buffer.from('--soak\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(200_000));
  const badHead = Buffer.from("--soak\r\nContent-Disposition: form-data; name=\r\nno head\r\n\r\nx\r\n--soak--\r\n");
  const longHead = Buffer.from(`--soak\r\nContent-Disposition: ${"x".repeat(1e6)}`);
  const flood = Array.from({ length: 20_000 }, (_, i) => `X-${i}: ${i}`);
  const file = head("GET", "/models/centerface/model.onnx");
  const hold = (random: Random) => random.uniform(1_000, 40_000);
  const kind = (name: string, may: readonly Outcome[], conversation: Kind["conversation"]): Kind => ({
    ...{ name, group: "hostile", may: [...may, "cut"] },
    conversation,
  });
  return [
    kind("form of 200,000 files", [400, 413, busy], () => posted(manyParts, formType)),
    kind("form of 200,000 fields", [400, 413, busy], () => posted(manyFields, formType)),
    kind("bad multipart head", [400, busy], () => posted(badHead, formType)),
    kind("endless multipart head", [400, 413, busy], () => posted(longHead, formType)),
    kind("multipart without a boundary", [400, busy], () => posted(badHead, "multipart/form-data")),
    kind("oversized body", [413, busy], () => posted(oversized)),
    kind("oversized body in chunks", [413, busy], () => ({
      pieces: [
        head("POST", "/api/predict", "Transfer-Encoding: chunked"),
        ...[`${oversized.length.toString(16)}\r\n`, oversized, "\r\n0\r\n\r\n"],
      ],
    })),
    kind("header flood", [431], () => ({ pieces: [head("GET", "/", ...flood)] })),
    kind("endless header", [431], () => ({ pieces: [`GET / HTTP/1.1\r\nX: ${"x".repeat(1e6)}`] })),
    kind("no HTTP", [400], () => ({ pieces: ["\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 hello\r\n\r\n"] })),
    kind("pipelined files", ["left"], (random) => ({
      ...{ pieces: [file.repeat(16)], reads: false, leaves: random.uniform(0, 3_000) },
    })),
    kind("too many pipelined files", ["left"], (random) => ({
      ...{ pieces: [file.repeat(500)], reads: false, leaves: random.uniform(0, 3_000) },
    })),
    kind("reader of nothing", ["left"], (random) => ({ pieces: [file], reads: false, leaves: hold(random) })),
    kind("reader of no answer", ["left"], (random) => ({ ...posted(picture), reads: false, leaves: hold(random) })),
    kind("slow head", [408], () => ({ pieces: head("GET", `/${"x".repeat(1_000)}`), pause: 500 })),
    kind("slow body", [408, busy], () => ({
      pieces: [posting(picture.length), ...[...picture.subarray(0, 200)].map((byte) => Buffer.from([byte]))],
      pause: 500,
    })),
  ];
}

function abandonedKinds(picture: Buffer): readonly Kind[] {
  const form = formOf([picture, picture, picture]);
  const kind = (name: string, conversation: Kind["conversation"]): Kind => ({
    ...{ name, group: "abandoned", may: ["left", 200, busy, "cut"] },
    conversation,
  });
  const part = (body: Buffer, random: Random) => body.subarray(0, Math.floor(random.uniform(0.1, 0.9) * body.length));
  return [
    kind("upload broken off", (random) => ({
      ...{ pieces: [posting(picture.length), part(picture, random)], leaves: random.uniform(0, 500) },
    })),
    kind("form broken off", (random) => ({
      ...{ pieces: [posting(form.length, formType), part(form, random)], leaves: random.uniform(0, 500) },
    })),
    kind("chunks broken off", (random) => ({
      pieces: [head("POST", "/api/predict", "Transfer-Encoding: chunked"), "ffff\r\n", part(picture, random)],
      leaves: random.uniform(0, 500),
    })),
    kind("picture whose client leaves", (random) => ({ ...posted(picture), leaves: random.uniform(0, 2_000) })),
    kind("form whose client leaves", (random) => ({ ...posted(form, formType), leaves: random.uniform(0, 2_000) })),
    kind("connection without a request", (random) => ({ pieces: [], leaves: random.uniform(0, 500) })),
  ];
}

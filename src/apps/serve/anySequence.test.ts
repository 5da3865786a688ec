/** One app that lives long, under any sequence of good, bad, hostile and abandoned requests. */
import fc from "fast-check";
import type { Hono } from "hono";
import { expect, it } from "vitest";
import { createApp } from "./app.ts";
import { Metrics } from "./metrics.ts";
import type { PictureAnswer, PictureRequest } from "./model.ts";
import { ModelGone } from "./modelChild.ts";
import { RequestQueue } from "./queue.ts";

const limits = { picture: 200, parts: 3, together: 20_000 };
const jpegStart = [0xff, 0xd8, 0xff];
/** A picture whose answer is its number. */
const picture = (number: number) => Uint8Array.from([...jpegStart, number >> 8, number & 255]);
const numberOf = (bytes: Uint8Array) => bytes[3] * 256 + bytes[4];
/** A picture that ends the model's process. */
const deadly = 65_535;

const answerOf = ({ id, bytes, explain }: PictureRequest): PictureAnswer =>
  explain === undefined
    ? {
        id,
        faces: [
          { box: [numberOf(bytes), 0, 1, 1], score: 1, label: "fear", confident: true, probabilities: { fear: 1 } },
        ],
      }
    : { id, error: { code: "USAGE", message: "there is no such class" } };

function longLived() {
  const queue = new RequestQueue({
    limit: 1000,
    batchSize: 3,
    wait: 1,
    answer: async (pictures) => {
      await new Promise((resolve) => setTimeout(resolve, pictures.length % 2));
      if (pictures.some(({ bytes }) => numberOf(bytes) === deadly)) throw new ModelGone("the model's process died");
      return pictures.map(answerOf).toReversed();
    },
  });
  const app = createApp({
    version: "1",
    guard: { hosts: [], origins: [], anyHost: false },
    queue,
    metrics: new Metrics(),
    limits,
    model: () => ({
      classes: ["fear"],
      backbone: { name: "b", sha256: "0" },
      provider: "cpu",
      threads: 1,
      unsureBelow: 0.5,
    }),
    process: () => ({ replaced: 0, isReady: true, isOverdue: false }),
  });
  return { app, queue };
}

const here = { host: "localhost" };
const multipart = { "content-type": "multipart/form-data; boundary=b" };

interface Sent {
  readonly body?: BodyInit;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** the client goes away after so many milliseconds, sometimes in the middle of its body */
  readonly leaves?: number;
}

async function send(app: Hono, { body, path = "/api/predict", method = "POST", headers, leaves }: Sent) {
  const gone = new AbortController();
  if (leaves !== undefined) setTimeout(() => gone.abort(new Error("gone")), leaves);
  const init = { method, body, headers: { ...here, ...headers }, signal: gone.signal, duplex: "half" };
  return await app.request(new Request(`http://localhost${path}`, init));
}

const form = (...files: readonly (Uint8Array | string)[]) => {
  const made = new FormData();
  for (const [i, file] of files.entries()) made.append("f", new Blob([Uint8Array.from(Buffer.from(file))]), `${i}`);
  return made;
};

/** Half a picture, then nothing more: the connection breaks. */
const broken = () =>
  new ReadableStream({
    start: (controller) => controller.enqueue(picture(0)),
    pull: (controller) => controller.error(new Error("the connection was reset")),
  });

const number = fc.integer({ min: 0, max: deadly - 1 });
const heic = Uint8Array.from(Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic"));
const notPictures = ["{}", "text", "<svg xmlns='http://www.w3.org/2000/svg'/>", heic, "GIF", "\xff\xd8", "BN"];
const bad = fc.constantFrom<Sent>(
  ...notPictures.map((body) => ({ body })),
  ...notPictures.map((body) => ({ body, path: "/api/explain?target=fear" })),
  { body: form(...notPictures.slice(0, 3)) },
  { body: form("a") },
  { body: "" },
  { body: form() },
  { body: picture(1), path: "/api/predict?detect=perhaps" },
  { body: picture(1), path: "/api/explain" },
  { body: picture(1), path: "/api/explain?target=none" },
  { body: picture(1), method: "PUT" },
  { body: picture(1), path: "/api/nothing" },
  { body: picture(1), headers: { host: "evil.example" } },
);
const hostile = fc.constantFrom<Sent>(
  { body: Uint8Array.from([...jpegStart, ...new Uint8Array(500)]) },
  { body: form("x".repeat(300)) },
  { body: form("a", "b", "c", "d", "e") },
  { body: '--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n\r\n'.repeat(50), headers: multipart },
  { body: "--b\r\nno head\r\n\r\nx\r\n--b--", headers: multipart },
  { body: "--b\r\n", headers: multipart },
  { body: picture(1), headers: { "content-type": "multipart/form-data" } },
  { body: picture(1), headers: { "content-length": "999999" } },
);
const abandoned = fc.oneof(
  fc.record({ body: number.map(picture), leaves: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ body: fc.tuple(number, number).map(([a, b]) => form(picture(a), picture(b))), leaves: fc.constant(1) }),
  fc.constant(null).map((): Sent => ({ body: broken() })),
  fc.constant(null).map((): Sent => ({ body: broken(), headers: multipart })),
);

type Step = { readonly pause: number } & (
  | { readonly good: readonly number[]; readonly isForm: boolean }
  | { readonly sent: Sent }
);
const pause = fc.integer({ min: 0, max: 2 });
const good = fc.record({
  pause,
  good: fc.array(number, { minLength: 1, maxLength: 3 }),
  isForm: fc.boolean(),
});
const other = (requests: fc.Arbitrary<Sent>) => fc.record({ pause, sent: requests });
const harmless = fc.oneof<fc.Arbitrary<Step>[]>(good, other(bad), other(hostile), other(abandoned));
const killing = fc.oneof<fc.Arbitrary<Step>[]>(harmless, other(fc.constant({ body: picture(deadly) })));

/** Sends all of them, and gives the statuses of the good ones, each of which has its own answer where it is 200. */
async function play(app: Hono, steps: readonly Step[]): Promise<number[]> {
  const statuses: Promise<number | undefined>[] = [];
  for (const step of steps) {
    statuses.push(
      "good" in step
        ? askGood(app, step.isForm ? step.good : step.good.slice(0, 1), step.isForm)
        : send(app, step.sent).then(({ status }) => {
            expect(status).not.toBe(500);
            return undefined;
          }),
    );
    if (step.pause > 0) await new Promise((resolve) => setTimeout(resolve, step.pause - 1));
  }
  return (await Promise.all(statuses)).filter((status) => status !== undefined);
}

async function askGood(app: Hono, numbers: readonly number[], isForm: boolean): Promise<number> {
  const response = await send(app, { body: isForm ? form(...numbers.map(picture)) : picture(numbers[0]) });
  if (response.status !== 200) return response.status;
  const answers: { faces: { box: number[] }[] }[] = await response.json();
  expect(answers.map(({ faces }) => faces[0].box[0])).toEqual(numbers);
  return 200;
}

async function expectNothingLeft({ app, queue }: ReturnType<typeof longLived>): Promise<void> {
  expect(await askGood(app, [7], false)).toBe(200);
  expect([queue.length, queue.isStuck]).toEqual([0, false]);
  const health = await app.request("/api/health", { headers: here });
  expect([health.status, (await health.json()).status]).toEqual([200, "ok"]);
  const metrics = await (await app.request("/metrics", { headers: here })).text();
  expect(metrics).toContain("mpa_fer_body_bytes 0\n");
  expect(metrics).toContain("mpa_fer_queue_pictures 0\n");
  expect(metrics).not.toContain('status="500"');
}

it("answers every readable picture with its own answer", async () => {
  const server = longLived();
  await fc.assert(
    fc.asyncProperty(fc.array(harmless, { minLength: 1, maxLength: 30 }), async (steps) => {
      for (const status of await play(server.app, steps)) expect(status).toBe(200);
      await expectNothingLeft(server);
    }),
    { numRuns: 60 },
  );
}, 60_000);

it("rejects only the requests in the batch of a model that died", async () => {
  const server = longLived();
  await fc.assert(
    fc.asyncProperty(fc.array(killing, { minLength: 1, maxLength: 30 }), async (steps) => {
      for (const status of await play(server.app, steps)) expect([200, 503]).toContain(status);
      await expectNothingLeft(server);
    }),
    { numRuns: 60 },
  );
}, 60_000);

it("counts disconnected clients separately from failures", async () => {
  const { app } = longLived();
  await send(app, { body: broken() });
  await send(app, { body: picture(1), leaves: 0 });
  const metrics = await (await app.request("/metrics", { headers: here })).text();
  expect(metrics).toContain('mpa_fer_requests_total{route="/api/predict",status="499"} 2');
});

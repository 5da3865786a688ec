/** Engine that sends pictures to the server that the page came from, and to no other. */
import { z } from "zod";
import { facePredictionSchema } from "../../../faces/prediction.ts";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import { FaceFollower } from "../../../faces/smooth.ts";
import type { PlainExplanation } from "../../../method/explain/plain.ts";
import { asCommonPicture } from "../../../pictures/decode.web.ts";
import { frameOf } from "../pictureInputs.ts";
import type { CameraReader, Engine, EngineDescription, PictureReading } from "./engine.ts";

const failure = z.object({
  error: z.union([z.string(), z.object({ message: z.string() }).transform((e) => e.message)]),
});
/** Of a picture that cannot be read the answer is a failure, and says why. */
const failures = z.union([failure, z.tuple([failure]).transform(([first]) => first)]);
/** Key of the token in session storage; a server that listens beyond localhost requires one. */
const tokenKey = "mpa-fer token";

/** Sends a request with the token, if there is one. On status 401 it asks the user for the token once and retries. */
export async function askServer(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, withToken(init));
  if (response.status !== 401) return response;
  const given = prompt("This server asks for its token.");
  if (given === null) return response;
  sessionStorage.setItem(tokenKey, given);
  return fetch(path, withToken(init));
}

/** Parses the body of a response. Throws the server's error message. */
export async function answerOf<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
  const body: unknown = await response.json();
  if (response.ok) return schema.parse(body);
  const said = failures.safeParse(body);
  throw new Error(said.success ? said.data.error : `the server answers ${response.status}`);
}

function withToken(init: RequestInit): RequestInit {
  const token = sessionStorage.getItem(tokenKey);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  return { ...init, headers };
}

const health = z.object({
  classes: z.array(z.string()),
  backbone: z.object({ name: z.string(), sha256: z.string() }),
  checkpoint: z.string().optional(),
  isBundled: z.literal(true).optional(),
  provider: z.string(),
  threads: z.number(),
  unsureBelow: z.number(),
});
const predictions = z.tuple([z.object({ faces: z.array(facePredictionSchema), error: z.string().optional() })]);
const map = z.object({ width: z.number(), height: z.number(), data: z.array(z.number()) });
const explanation: z.ZodType<PlainExplanation> = z.object({
  face: z.string(),
  similarity: map,
  patches: z.array(z.number()),
  saliency: map,
});

export class ServerEngine implements Engine {
  readonly mode = "server";
  readonly #description: EngineDescription;

  private constructor(description: EngineDescription) {
    this.#description = description;
  }

  /** Connects to the server behind this page; undefined if the page comes from a static file server. */
  static async find(): Promise<ServerEngine | undefined> {
    try {
      const { provider, threads, ...model } = await answerOf(health, await askServer("api/health"));
      const counted = threads === 1 ? "1 thread" : `${threads} threads`;
      return new ServerEngine({ ...model, runsOn: `the server's ${provider}, ${counted}` });
    } catch {
      return undefined;
    }
  }

  describe = async (): Promise<EngineDescription> => this.#description;

  /** The server looks for faces in every frame; following and smoothing are done here. */
  watch(): CameraReader {
    const follower = new FaceFollower(this.#description);
    return {
      read: async (video) => {
        const time = performance.now() / 1000;
        return follower.next(time, await this.#predict(await frameOf(video)));
      },
    };
  }

  async #predict(picture: Blob): Promise<readonly FacePrediction[]> {
    const [{ faces, error }] = await answerOf(predictions, await post("api/predict", picture));
    if (error !== undefined) throw new Error(error);
    return faces;
  }

  /** The server retains no picture: `explain` sends it again with the landmarks, so that the server need not detect faces again. */
  async read(given: Blob): Promise<PictureReading> {
    const picture = await asCommonPicture(given);
    const faces = await this.#predict(picture);
    return {
      faces,
      explain: async (face, target) => {
        const landmarks = faces[face]?.landmarks?.flat().join();
        const place: Record<string, string> = landmarks === undefined ? { face: String(face) } : { landmarks };
        const query = new URLSearchParams({ ...place, target });
        return answerOf(explanation, await post(`api/explain?${query}`, picture));
      },
      forget: () => undefined,
    };
  }
}

const post = (path: string, body: Blob): Promise<Response> =>
  askServer(path, {
    method: "POST",
    body,
    headers: { "Content-Type": body.type || "application/octet-stream" },
  });

import { MpaError, messageOf } from "../errors.ts";
import { requireNetwork } from "../network.ts";
import { loadPackage } from "../packageInfo.ts";
import type { Storage } from "./storage.ts";

export interface Bucket {
  readonly bucket: string;
  /** stands before every name, without a slash at its end */
  readonly prefix: string;
  /** as the user wrote it */
  readonly place: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Objects of a bucket. Keys, region and endpoint come from the variables that AWS's own tools read; the endpoint is Amazon's
 * unless it is given. Throws ACCESS where there are no keys, and NETWORK where the server does not answer or says no.
 */
export async function bucketStorage({ bucket, prefix, place }: Bucket, env: Environment): Promise<Storage> {
  requireNetwork(place);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    const mend = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY on this machine";
    throw new MpaError("ACCESS", "there are no keys for the bucket", place, mend);
  }
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? "us-east-1";
  const server = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`;
  const endpoint = `${server.replace(/\/+$/, "")}/${bucket}`;
  const { S3mini } = await loadPackage("s3mini", () => import("s3mini"));
  const s3 = new S3mini({ accessKeyId, secretAccessKey, region, endpoint });
  const start = prefix === "" ? "" : `${prefix}/`;
  const asked = async <T>(what: string, answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (cause) {
      throw new MpaError("NETWORK", `cannot ${what} (${messageOf(cause)})`, place, "check endpoint, keys and bucket", {
        cause,
      });
    }
  };
  return {
    get: async (name) => {
      const bytes = await asked(`read ${name}`, s3.getObjectArrayBuffer(start + name));
      return bytes === null ? undefined : new Uint8Array(bytes);
    },
    put: async (name, bytes) => {
      await asked(`write ${name}`, s3.putObject(start + name, Buffer.from(bytes)));
    },
    list: async (names) => {
      const objects = await asked("list", s3.listObjects("/", start + names));
      return (objects ?? []).map(({ Key }) => Key.slice(start.length)).sort();
    },
  };
}

/** Storage for workers' results: a shared folder, or a bucket of an S3-compatible server. */
import { mkdir, readdir } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { isErrno, readBytes, writeFileAtomic } from "../../platform/files.node.ts";
import { lockName } from "../../platform/folderLock.node.ts";
import { requireNetwork } from "../../platform/network.node.ts";
import { loadPackage } from "../../platform/package.node.ts";

/** Storage in a folder, which is created on the first write. */
export const folderStorage = (folder: string): Storage => ({
  get: async (name) => {
    try {
      return await readBytes(join(folder, name), { root: folder });
    } catch (cause) {
      if (isErrno(cause, "ENOENT")) return undefined;
      throw new MpaError("NOT_FOUND", `cannot read (${messageOf(cause)})`, {
        where: join(folder, name),
        fix: "check it",
        cause,
      });
    }
  },
  put: async (name, bytes) => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, bytes);
  },
  list: async (prefix) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".tmp"))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
      .filter((name) => name.startsWith(prefix))
      .sort();
  },
});

/** Named files. */
export interface Storage {
  /** Reads a file; `undefined` if it does not exist. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Writes a file atomically. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Lists the names with this prefix, sorted. */
  list(prefix: string): Promise<string[]>;
}

const bucketAddress = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/;

/** Opens `s3://BUCKET/PREFIX`, or a folder. Throws USAGE for a malformed address, and the errors of `bucketStorage`. */
export async function openStorage(
  place: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Storage> {
  if (!place.startsWith("s3:")) return folderStorage(place);
  const [, bucket, prefix = ""] = bucketAddress.exec(place) ?? [];
  if (bucket === undefined)
    throw new MpaError("USAGE", `${place} names no bucket`, { fix: "write s3://BUCKET/PREFIX" });
  return bucketStorage({ bucket, prefix, place }, env);
}

/** Address of a bucket. */
export interface Bucket {
  readonly bucket: string;
  /** prefix of all names, without a trailing slash */
  readonly prefix: string;
  /** as the user wrote it */
  readonly place: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Storage in a bucket. Keys, region and endpoint are read from the environment variables of AWS's own tools; the default endpoint is
 * Amazon's. Throws ACCESS if there are no keys; its methods throw NETWORK if the server does not answer or refuses.
 */
export async function bucketStorage({ bucket, prefix, place }: Bucket, env: Environment): Promise<Storage> {
  requireNetwork(place);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    const fix = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY on this machine";
    throw new MpaError("ACCESS", "there are no keys for the bucket", { where: place, fix });
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
      throw new MpaError("NETWORK", `cannot ${what} (${messageOf(cause)})`, {
        where: place,
        fix: "check endpoint, keys and bucket",
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

/** Uploads the files of a folder, not its subfolders, as `name/FILE`. `last` is uploaded last and so marks a complete upload. */
export async function putFolder(storage: Storage, name: string, folder: string, last: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== lockName && !entry.name.endsWith(".tmp"))
    .map((entry) => entry.name);
  for (const file of files.sort((a, b) => Number(a === last) - Number(b === last))) {
    await storage.put(`${name}/${file}`, await readBytes(join(folder, file), { root: folder }));
  }
}

/** Downloads the files of `putFolder`, `last` again last. Ignores names with path components. */
export async function getFolder(storage: Storage, name: string, folder: string, last: string): Promise<void> {
  const names = (await storage.list(`${name}/`)).map((each) => each.slice(name.length + 1));
  const files = names.filter((file) => basename(file) === file && file !== ".." && file !== ".");
  await mkdir(folder, { recursive: true });
  for (const file of files.sort((a, b) => Number(a === last) - Number(b === last))) {
    const bytes = await storage.get(`${name}/${file}`);
    if (bytes !== undefined) await writeFileAtomic(join(folder, file), bytes);
  }
}

/** Where workers leave what they made: a folder that all of them see, or a bucket of an S3-compatible server. */
import { MpaError } from "../errors.ts";
import { folderStorage } from "./folderStorage.ts";

export interface Storage {
  /** a file's bytes; `undefined` where it is not there */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Whole or not at all. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** the names that begin so, in order */
  list(prefix: string): Promise<string[]>;
}

const bucketAddress = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/;

/** `s3://BUCKET/PREFIX`, or a folder. Throws USAGE for a broken address, ACCESS without keys for it. */
export async function openStorage(
  place: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Storage> {
  if (!place.startsWith("s3:")) return folderStorage(place);
  const [, bucket, prefix = ""] = bucketAddress.exec(place) ?? [];
  if (bucket === undefined)
    throw new MpaError("USAGE", `${place} names no bucket`, undefined, "write s3://BUCKET/PREFIX");
  const { bucketStorage } = await import("./bucketStorage.ts");
  return bucketStorage({ bucket, prefix, place }, env);
}

/** Opening of weight files to convert: regular files only, without blocking. */
import type { FileHandle } from "node:fs/promises";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { openRegular } from "../../platform/regularFile.node.ts";
import { isSystemError, systemFailure } from "../../platform/systemError.ts";

/** Maximum bytes of a weight file. A training checkpoint of the largest CLIP, with its optimizer's state, has 30 GB. */
const maxBytes = 64 * 2 ** 30;

/**
 * Opens a weight file for reading; the caller closes it. Throws NOT_FOUND for a file that does not exist or is not a regular
 * file, ACCESS without permission, WEIGHTS for a file larger than 64 GiB.
 */
export async function openSourceFile(path: string): Promise<FileHandle> {
  try {
    return await openRegular(path, { max: maxBytes });
  } catch (cause) {
    if (isSystemError(cause)) throw systemFailure(cause, "read", path);
    const code = cause instanceof RangeError ? "WEIGHTS" : "NOT_FOUND";
    throw new MpaError(code, `cannot read the file (${messageOf(cause)})`, {
      where: path,
      fix: "name the file of weights itself, such as pytorch_model.bin",
      cause,
    });
  }
}

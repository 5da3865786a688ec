/** The detector's weights that come with the package. */

import { readFile } from "node:fs/promises";
import { MpaError, messageOf } from "../errors.ts";
import { packageFile } from "../packageInfo.ts";

export const detectorFile = packageFile("models/centerface/model.onnx");

/** Throws NOT_FOUND. */
export async function readDetector(): Promise<Uint8Array> {
  try {
    return await readFile(detectorFile);
  } catch (cause) {
    throw new MpaError("NOT_FOUND", `cannot read the detector (${messageOf(cause)})`, detectorFile, "install again", {
      cause,
    });
  }
}

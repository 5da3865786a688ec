/** The detector's weights that come with the package. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { MpaError, messageOf } from "../errors.ts";

export const detectorFile = fileURLToPath(new URL("../../models/centerface/model.onnx", import.meta.url));

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

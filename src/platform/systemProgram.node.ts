/** Programs of the system that tell what ONNX Runtime does not, such as `nvidia-smi` and `vulkaninfo`. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Returns the standard output of a program; empty if it is absent, fails or takes more than ten seconds. */
export async function programOutput(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { timeout: 10_000, windowsHide: true })).stdout;
  } catch {
    return "";
  }
}

/** Lines of a text without surrounding space and empty lines. */
export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

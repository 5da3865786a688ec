/**
 * Published declarations: they compile by themselves, as in a program without `skipLibCheck`, and the examples compile against them.
 * A declaration that reads an `@internal` member of another one, as in a destructured parameter, does not: it has to be `@internal` too.
 */
import { execFileSync } from "node:child_process";

/**
 * Errors of TypeScript in the built declarations, in the examples and in the packages whose types they use: a package's types that do not
 * compile here, because others are missing, do not compile for users either.
 */
export function publishedTypeFaults(): readonly string[] {
  const errors = compilerErrors().filter((line) => /\berror TS\d+: /.test(line));
  console.log(`published types: ${errors.length === 0 ? "compile without skipLibCheck" : `${errors.length} errors`}`);
  return errors;
}

function compilerErrors(): readonly string[] {
  try {
    execFileSync(
      "node_modules/.bin/tsc",
      ["-p", "tools/package/types.tsconfig.json", "--noEmit", "--pretty", "false"],
      { encoding: "utf8" },
    );
    return [];
  } catch (error) {
    const { stdout } = Object(error);
    if (typeof stdout !== "string") throw error;
    return stdout.split("\n");
  }
}

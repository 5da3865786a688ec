import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readToken } from "./token.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "token-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The same text in the environment and in a file. */
async function both(text: string) {
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, text);
  const inFile = readToken({ tokenFile }, {});
  const inEnvironment = readToken({ tokenFile: undefined }, { MPA_FER_TOKEN: text });
  return await Promise.allSettled([inFile, inEnvironment]);
}

it.each([
  [" ", "is blank"],
  ["\n", "is blank"],
  ["\u00a0\t", "is blank"],
  ["first-line\nsecond-line", "has a space or a line break inside"],
  ["two words-together", "has a space or a line break inside"],
  ["null\0inside-it", "has characters that are not printable ASCII"],
  ["Geheimnis-für-alle", "has characters that are not printable ASCII"],
  ["short", "has only 5 characters"],
  ["x".repeat(1025), "has 1025 characters"],
])("rejects %j from the file and the environment", async (text, reason) => {
  for (const each of await both(text)) {
    expect(each).toMatchObject({
      status: "rejected",
      reason: { code: "ACCESS", message: expect.stringContaining(`the token ${reason} (`) },
    });
    expect(each).toMatchObject({
      reason: { message: expect.stringContaining("8 to 1024 printable ASCII characters") },
    });
    // The message is no place for a secret.
    if (text.trim() !== "") expect(each).toMatchObject({ reason: { message: expect.not.stringContaining(text) } });
  }
});

it("trims surrounding white space", async () => {
  for (const text of ["12345678", " long-random-text\r\n", "\uFEFF!~+/=._-1"]) {
    const token = text.trim();
    expect(await both(text)).toMatchObject([{ value: token }, { value: token }]);
  }
});

it("is undefined if none is set, and prefers the file to the environment", async () => {
  expect(await readToken({ tokenFile: undefined }, {})).toBeUndefined();
  expect(await readToken({ tokenFile: undefined }, { MPA_FER_TOKEN: "" })).toBeUndefined();
  const tokenFile = join(folder, "own");
  await writeFile(tokenFile, "from-the-file");
  expect(await readToken({ tokenFile }, { MPA_FER_TOKEN: " " })).toBe("from-the-file");
  await writeFile(tokenFile, "");
  await expect(readToken({ tokenFile }, {})).rejects.toMatchObject({ code: "ACCESS" });
  await expect(readToken({ tokenFile: join(folder, "none") }, {})).rejects.toMatchObject({ code: "NOT_FOUND" });
});

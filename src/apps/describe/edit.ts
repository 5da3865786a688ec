/** `describe --edit`: manual editing of the phrases; the file changes only if the result is valid. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Descriptions, defaultDescriptions, parseDescriptions } from "../../method/hardPrompts.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { readText, writeFileAtomic } from "../../platform/files.node.ts";
import { parseStrictYaml } from "../../platform/yaml.ts";
import { type DescriptionsDocument, readDocument, writeDocument } from "./document.ts";

export interface Edited {
  readonly document: DescriptionsDocument;
  readonly changed: boolean;
  /** whether the file did not exist before */
  readonly isNew: boolean;
  /** path of the backup of a replaced file */
  readonly previous?: string;
}

const heading = `# One phrase a line under its class: visible features of the face, without commas.
# The prompt becomes "a photo of a person making a facial expression of CLASS, PHRASE, PHRASE, …".
`;

/**
 * Opens the file's phrases, or the package's if there is no file, in $VISUAL or $EDITOR. Invalid text is saved beside the
 * file and its path reported; the file itself stays unchanged. Throws USAGE without an editor, CONFIG for invalid text,
 * INTERRUPTED if the editor fails.
 */
export async function editDescriptions(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Edited> {
  const editor = environment.VISUAL || environment.EDITOR;
  if (!editor) throw new MpaError("USAGE", "there is no editor", { fix: "set EDITOR, such as EDITOR=nano" });
  const isNew = !existsSync(file);
  const before: DescriptionsDocument = !isNew
    ? await readDocument(file)
    : { origin: {}, descriptions: defaultDescriptions };
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-edit-"));
  try {
    const draft = join(folder, "descriptions.yaml");
    await writeFileAtomic(draft, heading + stringify(before.descriptions));
    await openEditor(editor, draft);
    const text = await readText(draft, "CONFIG");
    const descriptions = await checked(text, before.descriptions, file);
    const changed = JSON.stringify(descriptions) !== JSON.stringify(before.descriptions);
    if (!changed && !isNew) return { document: before, changed, isNew };
    const document = { origin: { ...before.origin, edited: new Date().toISOString() }, descriptions };
    const previous = await writeDocument(file, document);
    return { document, changed, isNew, ...(previous && { previous }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Validates the edited text. Saves invalid text beside the file, so that no manual work is lost. */
async function checked(text: string, before: Descriptions, file: string): Promise<Descriptions> {
  try {
    const descriptions = parseDescriptions(parseStrictYaml(text), "the edited text");
    const lost = Object.keys(before).find((name) => !Object.hasOwn(descriptions, name));
    if (lost !== undefined) throw new MpaError("CONFIG", `the edited text has no ${lost}`);
    return descriptions;
  } catch (error) {
    const rejected = `${file}.rejected.yaml`;
    await writeFileAtomic(rejected, text);
    const what = error instanceof MpaError ? error.what : messageOf(error);
    throw new MpaError("CONFIG", `${what}; nothing was changed`, {
      where: file,
      fix: `correct your text in ${rejected}`,
      cause: error,
    });
  }
}

/** Starts the editor. As in git, the variable may contain options after the editor's name. */
async function openEditor(editor: string, file: string): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    const child =
      process.platform === "win32"
        ? spawn(`${editor} "${file}"`, { shell: true, stdio: "inherit" })
        : spawn("sh", ["-c", `${editor} "$@"`, "editor", file], { stdio: "inherit" });
    child.on("error", reject);
    child.on("exit", resolve);
  });
  if (code !== 0) {
    throw new MpaError("INTERRUPTED", `the editor ended with ${code ?? "a signal"}; nothing was changed`, {
      where: editor,
    });
  }
}

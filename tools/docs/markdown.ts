/** Line-based processing of Markdown: prose, fenced code and links. */
import { posix } from "node:path";

export interface Line {
  readonly text: string;
  /** inside a fenced block, or one of its fences */
  readonly fenced: boolean;
}

/** The lines of a page. */
export function linesOf(markdown: string): Line[] {
  let fence = "";
  return markdown.split("\n").map((text) => {
    const mark = /^ *(`{3,})/.exec(text)?.[1] ?? "";
    const inside = fence !== "";
    if (!inside) fence = mark;
    else if (mark.startsWith(fence)) fence = "";
    return { text, fenced: inside || mark !== "" };
  });
}

/** `[text](target)` in prose, `![text](target)` too; titles are not used here. */
export const linkPattern = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g;

/** Whether a link target is outside the repository. */
export const isOutside = (target: string): boolean => /^[a-z]+:/i.test(target);

/** Path of a link target from the root, without a trailing slash. */
export const fromRoot = (page: string, target: string): string =>
  posix.join(posix.dirname(page), target).replace(/\/$/, "");

/**
 * Relative base of the built site. VitePress writes one absolute base into pages and scripts; here it writes a placeholder, which
 * pages replace by the way up to the site's root, and scripts by the root's path as the opened page finds it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { globSync } from "tinyglobby";
import ts from "typescript";

export const placeholderBase = "/mpa-fer-site-base/";

/** Name of the global variable with the path of the site's root. */
const baseVariable = "__siteBase";

/** Replaces the placeholder in all pages, styles and scripts of `site`. */
export function makeBaseRelative(site: string): void {
  for (const file of globSync("**/*.{html,css,js}", { cwd: site })) {
    const path = join(site, file);
    const text = readFileSync(path, "utf8");
    if (text.includes(placeholderBase)) writeFileSync(path, converted(file, text));
  }
}

function converted(file: string, text: string): string {
  if (file.endsWith(".js")) return withRuntimeBase(text);
  const up = `${posix.relative(posix.dirname(file), ".") || "."}/`;
  if (file.endsWith(".css")) return text.replaceAll(placeholderBase, up);
  return text
    .replace("<head>", `<head><script>${baseVariable}=new URL("${up}",location.href).pathname</script>`)
    .replace("</body>", `${absoluteLinks}</body>`)
    .replaceAll(placeholderBase, up);
}

/** Links outside of the content stay in the page while the path changes, so they become absolute before Vue takes over. */
const absoluteLinks = "<script>for(const a of document.querySelectorAll('a:not([href^=\"#\"])'))a.href=a.href</script>";

/** Replaces the placeholder at run time in each string of a script that has it. */
function withRuntimeBase(script: string): string {
  const source = ts.createSourceFile("script.js", script, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const ends: number[] = [];
  const visit = (node: ts.Node): void => {
    const isText =
      ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
    if (isText && script.slice(node.pos, node.end).includes(placeholderBase)) ends.push(node.end);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  const replacement = `.replaceAll("${placeholderBase}",${baseVariable})`;
  return ends.reduceRight((text, end) => text.slice(0, end) + replacement + text.slice(end), script);
}

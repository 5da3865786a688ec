/** Mermaid's map of layers as HTML, since no script on the site draws it. */

/**
 * Draws a `flowchart BT` that is one chain: each `name["text"]` is a layer, and the last of the chain is at the top. Throws for any
 * other diagram.
 */
export function layersOf(mermaid: string): string {
  const texts = new Map([...mermaid.matchAll(/^ *(\w+)\["([^"]+)"\]$/gm)].map(([, name, text]) => [name, text]));
  const chain = /^ *(\w+(?: --> \w+)+)$/m.exec(mermaid)?.[1].split(" --> ") ?? [];
  if (!mermaid.startsWith("flowchart BT\n") || chain.length !== texts.size)
    throw new Error(`not a chain of layers: ${mermaid}`);
  const items = chain.reverse().map((name) => {
    const [title, ...rest] = (texts.get(name) ?? name).split(": ");
    return `<li><strong>${title}</strong> ${rest.join(": ")}</li>`;
  });
  return `<ol class="layers">\n${items.join("\n")}\n</ol>`;
}

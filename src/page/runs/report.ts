/** A run's report over the page. */
import { button, h } from "../dom.ts";
import { askServer } from "../model/answer.ts";

/**
 * Shows the report in a frame, under the report's own policy. A frame cannot bring a server's token; the report can be saved
 * and read then.
 */
export async function showReport(name: string): Promise<void> {
  const address = `api/runs/${encodeURIComponent(name)}/report.html`;
  const html = await (await askServer(address)).blob();
  const href = URL.createObjectURL(html);
  const title = `Report of ${name}`;
  const save = h("a", { class: "button", href, download: `${name.replaceAll("/", "-")}.html` }, "Save");
  const close = button("Close", () => dialog.close());
  const bar = h("div", { class: "row" }, save, close);
  const frame = h("iframe", { title, sandbox: "", src: address });
  const dialog = h("dialog", { class: "report", "aria-label": title }, bar, frame);
  dialog.addEventListener("close", () => {
    URL.revokeObjectURL(href);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}

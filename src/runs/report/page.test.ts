import { expect, it } from "vitest";
import { html } from "./page.ts";

it("escapes what is not markup, also in attributes", () => {
  const name = `"><script>alert('x')</script>&`;
  expect(html`<td title="${name}">${name}</td>`.text).toBe(
    `<td title="&quot;&gt;&lt;script&gt;alert('x')&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert('x')&lt;/script&gt;&amp;</td>`,
  );
});

it("takes markup as it is, joins lists, and drops what is not there", () => {
  const items = ["a", "<"].map((each) => html`<li>${each}</li>`);
  expect(html`<ul>${items}</ul>${undefined}${3}`.text).toBe("<ul><li>a</li><li>&lt;</li></ul>3");
});

import { describe, expect, it } from "vitest";
import { addSections, html, page } from "./page.ts";

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

const section = (heading: string) => ({ heading, body: html`<p>${`${heading} &`}</p>` });
const written = page({ title: "a run", lead: "", sections: [section("first")] });

describe("addSections", () => {
  it("puts sections at the end, and new ones in the place of old ones", () => {
    const once = addSections(written, "explain", [section("second"), section("third")]) ?? "";
    expect(once.indexOf("second &amp;")).toBeGreaterThan(once.indexOf("first"));
    expect(once.indexOf("</main>")).toBeGreaterThan(once.indexOf("third"));
    expect(addSections(once, "explain", [section("second"), section("third")])).toBe(once);
    const anew = addSections(once, "explain", [section("fourth")]) ?? "";
    expect(anew).not.toContain("second");
    expect(anew).toContain("fourth &amp;");
    expect(addSections(anew, "explain", [])?.replaceAll(/<!--.*?-->/g, "")).toBe(written);
  });

  it("leaves a page that is not ours", () => {
    expect(addSections("<p>notes</p>", "explain", [section("second")])).toBeUndefined();
  });
});

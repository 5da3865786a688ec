import { describe, expect, it } from "vitest";
import { addSections, html, page } from "./page.ts";

it("escapes text and attributes", () => {
  const name = `"><script>alert('x')</script>&`;
  expect(html`<td title="${name}">${name}</td>`.text).toBe(
    `<td title="&quot;&gt;&lt;script&gt;alert('x')&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert('x')&lt;/script&gt;&amp;</td>`,
  );
});

it("inserts markup unchanged, joins lists, and omits undefined values", () => {
  const items = ["a", "<"].map((each) => html`<li>${each}</li>`);
  expect(html`<ul>${items}</ul>${undefined}${3}`.text).toBe("<ul><li>a</li><li>&lt;</li></ul>3");
});

const section = (heading: string) => ({ heading, body: html`<p>${`${heading} &`}</p>` });
const written = page({ title: "a run", lead: "", sections: [section("first")] });

describe("addSections", () => {
  it("appends sections, and replaces old ones", () => {
    const once = addSections(written, "explain", [section("second"), section("third")]) ?? "";
    expect(once.indexOf("second &amp;")).toBeGreaterThan(once.indexOf("first"));
    expect(once.indexOf("</main>")).toBeGreaterThan(once.indexOf("third"));
    expect(addSections(once, "explain", [section("second"), section("third")])).toBe(once);
    const anew = addSections(once, "explain", [section("fourth")]) ?? "";
    expect(anew).not.toContain("second");
    expect(anew).toContain("fourth &amp;");
    expect(addSections(anew, "explain", [])?.replaceAll(/<!--.*?-->/g, "")).toBe(written);
  });

  it("does not change a page of another program", () => {
    expect(addSections("<p>notes</p>", "explain", [section("second")])).toBeUndefined();
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extendedValue, headerParameters } from "./headerParameters.ts";
import { type FormPart, MultipartParser } from "./multipart.ts";

const limits = { picture: 1000, parts: 4 };
const type = "multipart/form-data; boundary=b";

/** The parts as [name, file, content], with the form cut into pieces of so many bytes. */
function parse(form: string | Uint8Array, contentType = type, piece = form.length || 1) {
  const bytes = typeof form === "string" ? Buffer.from(form, "latin1") : Buffer.from(form);
  const parser = new MultipartParser(contentType, limits);
  const parts: FormPart[] = [];
  for (let at = 0; at < bytes.length; at += piece) parts.push(...parser.write(bytes.subarray(at, at + piece)));
  parts.push(...parser.finish());
  return parts.map(({ name, file, bytes: content }) => [name, file, Buffer.from(content).toString("latin1")]);
}

const form = (...parts: string[]) => `${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`;
const part = (parameters: string, content = "x") =>
  form(`Content-Disposition: form-data${parameters}\r\n\r\n${content}`);

describe("forms of other clients", () => {
  it.each([
    ["quotes", '; name="a"; filename="b.jpg"', ["a", "b.jpg"]],
    [".NET: no quotes, and the name once more", "; name=a; filename=b.jpg; filename*=utf-8''b.jpg", ["a", "b.jpg"]],
    ["a name of other letters", "; name=a; filename=\"b\"; filename*=utf-8''f%C3%A9lix.jpg", ["a", "félix.jpg"]],
    ["Latin-1", "; name=a; filename*=ISO-8859-1'en'f%E9lix.jpg", ["a", "félix.jpg"]],
    ["only the other name", "; name=a; filename*=UTF-8''%e2%82%ac.jpg", ["a", "€.jpg"]],
    ["an extended name that is none", "; name=a; filename=\"b\"; filename*=utf-8''%zz", ["a", "b"]],
    ["escaped quotes", '; name="a"; filename="say \\"cheese\\" \\\\ now.jpg"', ["a", 'say "cheese" \\ now.jpg']],
    ["quotes as browsers escape them", '; name="a"; filename="say %22cheese%22.jpg"', ["a", 'say "cheese".jpg']],
    ["a Windows path", '; name="a"; filename="C:\\photos\\me.jpg"', ["a", "C:\\photos\\me.jpg"]],
    ["a backslash at the end of a name", '; name="a\\"; filename="me.jpg"', ["a\\", "me.jpg"]],
    ["a name that is a backslash", '; name="\\"; filename=" "', ["\\", " "]],
    ["a backslash at the end", '; name="a"; filename="C:\\"', ["a", "C:\\"]],
    ["a semicolon within", '; name="a"; filename="b;c=d.jpg"', ["a", "b;c=d.jpg"]],
    ["other letters as they are", `; name="a"; filename="${Buffer.from("é.jpg").toString("latin1")}"`, ["a", "é.jpg"]],
    ["another order, capitals, spaces", ' ;FileName = "b.jpg" ; NAME=a ;', ["a", "b.jpg"]],
    ["an unknown parameter", '; name="a"; size=3; filename="b"', ["a", "b"]],
    ["an empty name", '; name="a"; filename=""', ["a", undefined]],
    ["no file", '; name="a"', ["a", undefined]],
    ["no name", '; filename="b.jpg"', ["", "b.jpg"]],
    ["folded over two lines", '; name="a";\r\n\tfilename="b.jpg"', ["a", "b.jpg"]],
  ])("%s", (_, parameters, expected) => {
    for (const piece of [1, 2, 7, 1000]) expect(parse(part(parameters), type, piece)).toEqual([[...expected, "x"]]);
  });

  const one = part('; name="a"; filename="b"');
  const read = [["a", "b", "x"]];
  it.each([
    ["a preamble and an epilogue", `This is a form.\r\n${one}And that was it.\r\n--b\r\nno part\r\n`],
    ["a preamble that looks like a boundary", `--bb\r\n --b\r\n${one}`],
    ["line ends of LF alone", one.replaceAll("\r\n", "\n")],
    ["no line end at the end", one.trimEnd()],
    ["half a line end at the end", `${one.trimEnd()}\r`],
    ["spaces behind the boundary", one.replaceAll("--b\r\n", "--b \t\r\n").replace("--b--", "--b-- ")],
    ["headers that nobody asks for", one.replace("\r\n\r\n", "\r\nContent-Type: image/jpeg\r\nX-A: 1\r\n\r\n")],
    ["a boundary in quotes", one, 'multipart/form-data; charset=utf-8; Boundary="b"'],
  ])("%s", (_, sent, contentType = type) => {
    for (const piece of [1, 2, 3, 5, 1000]) expect(parse(sent, contentType, piece)).toEqual(read);
  });

  it("preserves the content byte for byte", () => {
    const contents = ["", "\r\n", "\n", "\r", "--c", "x\r\n--bb\r\ny", "\r\n--", "x\n--b\ny", "x\r\n--b-\r\n", "-"];
    for (const content of contents) {
      for (const piece of [1, 2, 3, 1000]) {
        expect(parse(part('; name="a"; filename="b"', content), type, piece), content).toEqual([["a", "b", content]]);
      }
    }
    expect(parse(part("; name=a; filename=b", "").replace("\r\n\r\n\r\n", "\r\n\r\n"))).toEqual([["a", "b", ""]]);
    expect(parse(part("; name=a; filename=b", "x\r").replaceAll("\r\n", "\n"))).toEqual([["a", "b", "x\r"]]);
  });

  it("reads forms written by Node, in pieces of any size", async () => {
    const field = fc.tuple(
      fc.string({ unit: "grapheme" }),
      fc.option(fc.string({ unit: "grapheme", minLength: 1 })),
      fc.uint8Array(),
    );
    const any = fc.tuple(fc.array(field, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 200 }));
    await fc.assert(
      fc.asyncProperty(any, async ([fields, piece]) => {
        const sent = new FormData();
        for (const [name, file, bytes] of fields) {
          if (file === null) sent.append(name, Buffer.from(bytes).toString("hex"));
          else sent.append(name, new Blob([Uint8Array.from(bytes)]), file);
        }
        const response = new Response(sent);
        const bytes = new Uint8Array(await response.clone().arrayBuffer());
        const back = await response.formData();
        const expected = await Promise.all(
          [...back.entries()].map(async ([name, value]) =>
            typeof value === "string"
              ? [name, undefined, value]
              : [name, value.name, Buffer.from(await value.arrayBuffer()).toString("latin1")],
          ),
        );
        expect(parse(bytes, response.headers.get("content-type") ?? "", piece)).toEqual(expected);
      }),
    );
  });
});

describe("a malformed form", () => {
  it.each([
    ["no boundary", part("; name=a"), /names no boundary/, "multipart/form-data"],
    ["another boundary", part("; name=a"), /its boundary is not in it/, "multipart/form-data; boundary=c"],
    ["nothing but a boundary", "--b\r\n", /ends within part 1/],
    ["a head without an end", "--b\r\nContent-Disposition: form-data\r\n", /ends within part 1/],
    ["no last boundary", part("; name=a").replace("--b--", ""), /ends within part 1/],
    [
      "cut off in the second part",
      form("Content-Disposition: a\r\n\r\nx", "Content-Disposition: b\r\n\r\nx").slice(0, 70),
      /within part 2/,
    ],
    ["no disposition", form("Content-Type: image/jpeg\r\n\r\nx"), /the head of part 1 has no Content-Disposition/],
    ["no head", form("\r\nx"), /the head of part 1 has no Content-Disposition/],
    ["no header", form("Content-Disposition: a\r\n\r\nx", "what\r\n\r\nx"), /in the head of part 2 has no name/],
    [
      "a long head",
      form(`Content-Disposition: a\r\nX: ${"x".repeat(9000)}\r\n\r\nx`),
      /part 1 has more than 8192 bytes/,
    ],
    [
      "an encoded part",
      form("Content-Disposition: a\r\nContent-Transfer-Encoding: Base64\r\n\r\nx"),
      /part 1 is encoded \(base64\)/,
    ],
    ["a name that is none", part("; name=a; filename*=what"), /the filename\* in the head of part 1 is not understood/],
  ])("is rejected with its fault: %s", (_, sent, message, contentType = type) => {
    for (const piece of [1, 1000, 10_000]) expect(() => parse(sent, contentType, piece)).toThrow(message);
  });

  it("is rejected while it arrives, once it exceeds a limit", () => {
    const head = 'Content-Disposition: form-data; name="a"; filename="a"\r\n\r\n\r\n';
    const parser = new MultipartParser(type, limits);
    // Of a form that never ends, five files are enough to refuse it.
    expect(() => [...parser.write(Buffer.from(`--b\r\n${head}`.repeat(5)))]).toThrow(/more than 4 files/);
    const fields = new MultipartParser(type, limits);
    const field = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
    expect(() => [...fields.write(Buffer.from(field.repeat(200)))]).toThrow(/more than 104 parts/);
    const large = new MultipartParser(type, limits);
    expect(() => [...large.write(Buffer.from(part("; name=a", "x".repeat(1001))))]).toThrow(/more than 0.001 MB/);
    expect(parse(part("; name=a", "x".repeat(1000)))).toHaveLength(1);
  });

  it("is rejected with a status for any input", () => {
    const words = [
      "--b",
      "\r\n",
      "\n",
      "--",
      "Content-Disposition:",
      "form-data",
      "; name=",
      '"',
      "\\",
      "filename*=",
      ";",
      "=",
      "x",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 }))).map((all) => all.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), (sent, piece) => {
        try {
          parse(sent, type, piece);
        } catch (error) {
          expect(error).toMatchObject({ name: "HttpError", status: expect.toBeOneOf([400, 413]) });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("parameters of a header", () => {
  it("are parsed from any text", () => {
    fc.assert(fc.property(fc.string(), (text) => headerParameters(text).size <= text.length));
    expect([...headerParameters('a; b; c="1"; C=2;; d = "e\\"; f')]).toEqual([
      ["c", "1"],
      ["d", "e\\"],
    ]);
    expect(extendedValue("utf-8''a%20b")).toBe("a b");
    expect(extendedValue("koi8-r''a")).toBeUndefined();
  });

  it("of a long header are parsed in linear time", () => {
    for (const long of [
      `a${";".repeat(1e6)}`,
      `a; b="${"\\".repeat(1e6)}`,
      `a; b${" ".repeat(1e6)}`,
      "a;b=".repeat(1e5),
    ]) {
      expect(headerParameters(long).size).toBeLessThan(3);
    }
  });
});

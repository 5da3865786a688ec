import { describe, expect, it } from "vitest";
import { cleanText } from "./cleanText.ts";

describe("cleanText", () => {
  it.each([
    ["  A\tPhoto\u3000OF\n\nIt’s “x”  ", 'a photo of it\'s "x"'],
    ["ﬂuﬃest ＬＯＵＤ ｶﾞ", "fluffiest loud ガ"],
    ["cafe\u0301", "café"],
    ["&amp;amp;amp;lt;", "<"],
    ["<b>&amp;amp;lt;", "<b>&lt;"],
    ["P&EACUTE;REZ &NOT;HIS", "pérez ¬his"],
    ["\u001b[36mblue\u001b[0m\u0007\ufeff", "blue"],
    ["\u0093x\u0094", '"x"'],
    ["\ud83d", "\ufffd"],
    ["sÃ³", "sã³"],
  ])("cleans %j to %j", (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });
});

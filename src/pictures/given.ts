/** Checks of picture arguments in Node and browsers: data URIs, URLs and values that are not pictures. */
import { MpaError } from "../platform/errors.ts";
import type { PixelData } from "./image.ts";

/** Maximum bytes of a file. */
export const maxBytes = 50_000_000;

/** Base64 characters per byte, and the maximum length of the media type. */
const maxDataUri = Math.ceil((4 / 3) * maxBytes) + 200;

export const isDataUri = (text: string): boolean => /^data:/i.test(text);

/** Decodes a `data:` URI (RFC 2397). Throws IMAGE if it is malformed or has more than `maxBytes`. */
export function dataUriBytes(uri: string): Uint8Array<ArrayBuffer> {
  if (uri.length > maxDataUri) throw brokenDataUri(`has more than ${maxBytes / 1e6} MB`);
  const comma = uri.indexOf(",");
  if (comma < 0) throw brokenDataUri("has no comma before its data");
  try {
    const isBase64 = /;\s*base64\s*$/i.test(uri.slice(0, comma));
    const percentDecoded = uri
      .slice(comma + 1)
      .replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return latin1Bytes(isBase64 ? atob(percentDecoded) : percentDecoded);
  } catch (cause) {
    throw brokenDataUri("is not base64", cause);
  }
}

function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const brokenDataUri = (what: string, cause?: unknown) =>
  new MpaError("IMAGE", `the data: URI ${what}`, { fix: "give the picture's bytes instead", cause });

/** Throws USAGE for a network URL, as pictures are never downloaded. */
export function refuseAddress(text: string): void {
  const [, scheme] = /^([a-z][a-z\d+.-]+):\/\//i.exec(text) ?? /^(blob):/i.exec(text) ?? [];
  if (scheme === undefined || scheme.toLowerCase() === "file") return;
  throw new MpaError("USAGE", `pictures are not fetched from ${scheme.toLowerCase()}: addresses`, {
    fix: "fetch it and give the bytes: await (await fetch(address)).arrayBuffer()",
  });
}

/** Whether a value has the fields of `PixelData`; `fromPixelData` checks their sizes. */
export function isPixelData(given: unknown): given is PixelData {
  if (typeof given !== "object" || given === null) return false;
  if (!("data" in given && "width" in given && "height" in given)) return false;
  return given.data instanceof Uint8Array || given.data instanceof Uint8ClampedArray;
}

/** Error for a value that is not a picture; `takes` names the accepted types. It does not include the value. */
export const notAPicture = (given: unknown, takes: string): MpaError =>
  new MpaError("USAGE", `${kindOf(given)} is no picture`, { fix: `give ${takes}` });

function kindOf(given: unknown): string {
  if (given === null || given === undefined) return String(given);
  if (given === "") return "an empty string";
  if (typeof given !== "object") return `a ${typeof given}`;
  if (Array.isArray(given)) return "a list";
  const name = given.constructor?.name ?? "";
  return /^\w{1,40}$/.test(name) && name !== "Object" ? `a value of ${name}` : "this object";
}

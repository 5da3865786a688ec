/** Kinds of files: readable pictures, other pictures, videos, and anything else. */

/** Formats that can be decoded. */
export type PictureFormat = "png" | "jpeg" | "webp" | "gif" | "tiff" | "avif" | "bmp";

/** Kind of a file. */
export interface FileKind {
  /** name in messages, such as "HEIC" */
  readonly name: string;
  /** present if the format can be decoded */
  readonly format?: PictureFormat;
  /** video, whose frames can be read if ffmpeg is on the path */
  readonly isVideo?: boolean;
  /** for a photograph that cannot be decoded: how to convert it */
  readonly convert?: string;
}

/** Kind by a file's first bytes. 4 kB suffice for most kinds; camera raw files need the first TIFF directory. */
export function kindOf(bytes: Uint8Array): FileKind | undefined {
  const text = (from: number, to: number) => latin(bytes, from, to);
  for (const [kind, start, offset = 0] of beginnings) if (text(offset, offset + start.length) === start) return kind;
  if (text(0, 4) === "RIFF") return text(8, 12) === "WEBP" ? webp : text(8, 12) === "AVI " ? film("AVI") : undefined;
  if (text(4, 8) === "ftyp") return isoKind(text(8, 12), text(8, Math.min(bytes[3], maxBrands)));
  if (/^(II[*+]\0|MM\0[*+])/.test(text(0, 4))) return isRawTiff(bytes) ? rawPhotograph : tiff;
  if (isBitmap(bytes)) return bmp;
  if (isTransportStream(bytes)) return film("MPEG-TS");
  return /<svg[\s>]/i.test(text(0, svgWithin)) ? svg : undefined;
}

/** Kind by a file's ending; undefined for an unknown or ambiguous ending (`.ts`). */
export function kindByName(name: string): FileKind | undefined {
  const ending = endingOf(name);
  return ending === undefined ? undefined : endings.get(ending);
}

/** Lower-case ending after the last dot of a name. */
export function endingOf(name: string): string | undefined {
  return /[^/\\]\.([^./\\]+)$/.exec(name)?.[1].toLowerCase();
}

/** Whether the kind can be read: a picture in a known format, or a video. */
export const isRead = (kind: FileKind | undefined): boolean => kind?.format !== undefined || kind?.isVideo === true;

const picture = (name: string, format: PictureFormat): FileKind => ({ name, format });
const foreign = (name: string, convert: string): FileKind => ({ name, convert });
const film = (name: string): FileKind => ({ name: `${name} video`, isVideo: true });

const [png, jpeg, webp, gif] = [
  picture("PNG", "png"),
  picture("JPEG", "jpeg"),
  picture("WebP", "webp"),
  picture("GIF", "gif"),
];
const [tiff, avif, bmp] = [picture("TIFF", "tiff"), picture("AVIF", "avif"), picture("BMP", "bmp")];
const heic = foreign(
  "HEIC",
  "convert it with `heif-convert IN OUT.jpg`, or `sips -s format jpeg IN --out OUT.jpg` on a Mac",
);
const jxl = foreign("JPEG XL", "convert it with `djxl IN OUT.png`");
const jp2 = foreign("JPEG 2000", "convert it with `opj_decompress -i IN -o OUT.png`");
const jxr = foreign("JPEG XR", "convert it with `JxrDecApp -i IN -o OUT.bmp`");
const psd = foreign("Photoshop", "export it as PNG or JPEG");
const exr = foreign("OpenEXR", "export it as PNG or JPEG");
const pnm = foreign("PNM", "convert it to PNG");
const dicom = foreign("DICOM", "export it as PNG");
const [svg, pdf, ico] = [{ name: "SVG" }, { name: "PDF" }, { name: "ICO" }] as const satisfies readonly FileKind[];
const developRaw = "develop it with `darktable-cli IN OUT.jpg`, or export it as JPEG from the camera's program";
const rawPhotograph = foreign("RAW", developRaw);

/** Signature: bytes as Latin-1 characters, at the start or at an offset. */
const beginnings: readonly (readonly [FileKind, string, number?])[] = [
  [png, "\x89PNG\r\n\x1a\n"],
  [jpeg, "\xff\xd8\xff"],
  [gif, "GIF87a"],
  [gif, "GIF89a"],
  [rawPhotograph, "CR\x02\0", 8],
  [rawPhotograph, "IIU\0"],
  [rawPhotograph, "IIRO"],
  [rawPhotograph, "IIRS"],
  [rawPhotograph, "MMOR"],
  [rawPhotograph, "FUJIFILMCCD-RAW"],
  [rawPhotograph, "FOVb"],
  [rawPhotograph, "\0MRM"],
  [rawPhotograph, "HEAPCCDR", 6],
  [jxl, "\xff\x0a"],
  [jxl, "JXL \r\n\x87\n", 4],
  [jp2, "jP  \r\n\x87\n", 4],
  [jp2, "\xff\x4f\xff\x51"],
  [jxr, "II\xbc\x01"],
  [psd, "8BPS"],
  [exr, "v/1\x01"],
  [dicom, "DICM", 128],
  [pdf, "%PDF-"],
  [ico, "\0\0\x01\0"],
  [film("Matroska"), "\x1aE\xdf\xa3"],
  [film("FLV"), "FLV\x01"],
  [film("MPEG"), "\0\0\x01\xba"],
  [film("MPEG"), "\0\0\x01\xb3"],
  [film("WMV"), "\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
  [film("Ogg"), "OggS"],
  [film("Y4M"), "YUV4MPEG2 "],
  [film("QuickTime"), "moov", 4],
  [film("QuickTime"), "mdat", 4],
  [film("MXF"), "\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"],
];

const rawEndings =
  "3fr arw bay cap cr2 cr3 crw dcr dcs dng erf fff gpr iiq k25 kdc mef mos mrw nef nrw orf pef ptx raf raw rw2 rwl sr2 srf srw x3f";
const videoEndings =
  "3g2 3gp asf avi divx dv f4v flv m2t m2ts m2v m4v mkv mov mp4 mpe mpeg mpg mts mxf ogm ogv qt rm rmvb tod vob webm wmv y4m";

const words = (text: string) => text.split(" ");
const endings: ReadonlyMap<string, FileKind> = new Map([
  ...words("png apng").map((each) => [each, png] as const),
  ...words("jpg jpeg jpe jfif jif pjpeg pjp").map((each) => [each, jpeg] as const),
  ...words("bmp dib").map((each) => [each, bmp] as const),
  ...words("tif tiff").map((each) => [each, tiff] as const),
  ...words("heic heif heics heifs hif").map((each) => [each, heic] as const),
  ...words("jp2 j2c j2k jpf jpm jpx").map((each) => [each, jp2] as const),
  ...words("jxr wdp hdp").map((each) => [each, jxr] as const),
  ...words("psd psb").map((each) => [each, psd] as const),
  ...words("svg svgz").map((each) => [each, svg] as const),
  ...words("pbm pgm pnm ppm").map((each) => [each, pnm] as const),
  ...words("dcm dicom").map((each) => [each, dicom] as const),
  ...([
    ["webp", webp],
    ["gif", gif],
    ["avif", avif],
    ["jxl", jxl],
    ["exr", exr],
    ["pdf", pdf],
    ["ico", ico],
  ] as const),
  ...words(rawEndings).map((each) => [each, foreign(`${each.toUpperCase()} (RAW)`, developRaw)] as const),
  ...words(videoEndings).map((each) => [each, film(each.toUpperCase())] as const),
]);

/** Maximum bytes of declarations and comments before the root element of an SVG. */
const svgWithin = 4096;
/** Maximum bytes of the `ftyp` box of an ISO media file. */
const maxBrands = 128;

/** Kind by the four-letter brands (ISO/IEC 14496-12, Annex E; 23008-12, Annex B). */
function isoKind(major: string, brands: string): FileKind {
  const all = brands.match(/.{4}/gs) ?? [];
  if (all.some((brand) => /^avi[fs]$/.test(brand))) return avif;
  if (all.some((brand) => /^(he[iv][cxms]|mif1|msf1|heif)$/.test(brand))) return heic;
  if (major === "crx ") return rawPhotograph;
  return film(major === "qt  " ? "QuickTime" : "MP4");
}

/** Whether bytes start a BMP. Its two letters may also start a text, so the header size is checked. */
const isBitmap = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x42 && bytes[1] === 0x4d && [12, 40, 52, 56, 64, 108, 124].includes(bytes[14]) && bytes[15] === 0;

/** Whether bytes are an MPEG transport stream: packets of 188 bytes with sync byte G, or of 192 with a timestamp first. */
function isTransportStream(bytes: Uint8Array): boolean {
  const packets = 4;
  const fits = (start: number, length: number) =>
    bytes.length >= start + (packets - 1) * length + 1 &&
    Array.from({ length: packets }, (_, i) => bytes[start + i * length]).every((byte) => byte === 0x47);
  return fits(0, 188) || fits(4, 192);
}

const tags = { subfileType: 254, subDirectories: 330, dngVersion: 50706 } as const;

/** Whether a TIFF is a camera raw file: its first picture is a thumbnail, and the others are in sub-directories. */
function isRawTiff(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === 0x49;
  if (bytes.length < 8 || view.getUint16(2, isLittle) !== 42) return false;
  const start = view.getUint32(4, isLittle);
  if (start + 2 > bytes.length) return false;
  const present = new Map<number, number>();
  for (
    let at = start + 2, left = view.getUint16(start, isLittle);
    left > 0 && at + 12 <= bytes.length;
    left--, at += 12
  ) {
    present.set(view.getUint16(at, isLittle), view.getUint32(at + 8, isLittle));
  }
  const isReduced = ((present.get(tags.subfileType) ?? 0) & 1) === 1;
  return present.has(tags.dngVersion) || (isReduced && present.has(tags.subDirectories));
}

const latin = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

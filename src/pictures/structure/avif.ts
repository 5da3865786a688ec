/** Structure of AVIF files: boxes, items and grids (ISO/IEC 14496-12; 23008-12). */

/** Maximum coded pixels of a grid's tiles, counting repeats; a file of 700 bytes can refer to 400 megapixels. */
const maxCodedPixels = 60e6;
/** Maximum number of boxes and entries; a picture has dozens. */
const maxBoxes = 20_000;

/** Reason to reject a picture that would take too long to decode, phrased after "the image"; undefined if there is none. */
export function avifFault(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const left = { boxes: maxBoxes };
  const [meta] = boxesIn(view, 0, bytes.length, left).filter(({ type }) => type === "meta");
  if (meta === undefined) return undefined;
  const inMeta = boxesIn(view, meta.start + 4, meta.end, left);
  const within = (type: string, of: readonly Box[]) => of.filter((box) => box.type === type);
  const sizes = within("iprp", inMeta).flatMap((box) => itemSizes(view, boxesIn(view, box.start, box.end, left), left));
  const parts = within("iref", inMeta).flatMap((box) => references(view, box, left));
  if (left.boxes < 0) return `has more than ${maxBoxes} boxes`;
  const pixels = new Map(sizes);
  const derived = new Set(parts.map(({ from }) => from));
  if (parts.some(({ to }) => derived.has(to))) return "is a grid of grids";
  const coded = parts.reduce((sum, { to }) => sum + (pixels.get(to) ?? 0), 0);
  return coded > maxCodedPixels ? `is put together from more than ${maxCodedPixels / 1e6} megapixels` : undefined;
}

interface Box {
  readonly type: string;
  /** offset of the content after the header */
  readonly start: number;
  readonly end: number;
}

interface Left {
  boxes: number;
}

function boxesIn(view: DataView, from: number, to: number, left: Left): Box[] {
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to && left.boxes-- >= 0; ) {
    const said = view.getUint32(at);
    const isLong = said === 1 && at + 16 <= to;
    const length = isLong ? Number(view.getBigUint64(at + 8)) : said === 0 ? to - at : said;
    const type = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(at + i)));
    const end = Math.min(to, at + Math.max(8, length));
    boxes.push({ type, start: Math.min(end, at + (isLong ? 16 : 8)), end });
    at = end;
  }
  return boxes;
}

/** Pixels of each item: `ipma` assigns properties of `ipco` to items, of which `ispe` is the size. */
function itemSizes(view: DataView, boxes: readonly Box[], left: Left): [item: number, pixels: number][] {
  const properties = boxes
    .filter(({ type }) => type === "ipco")
    .flatMap(({ start, end }) => boxesIn(view, start, end, left));
  const areas = properties.map(({ type, start, end }) =>
    type === "ispe" && start + 12 <= end ? view.getUint32(start + 4) * view.getUint32(start + 8) : 0,
  );
  const sizes: [number, number][] = [];
  for (const { start, end } of boxes.filter(({ type }) => type === "ipma")) {
    const read = reader(view, start, end);
    const flags = read(4);
    const idBytes = flags >>> 24 === 0 ? 2 : 4;
    const indexBytes = (flags & 1) === 0 ? 1 : 2;
    for (let count = read(4); count > 0 && !read.isOver() && left.boxes-- >= 0; count--) {
      const item = read(idBytes);
      const indices = Array.from({ length: read(1) }, () => read(indexBytes) & (indexBytes === 1 ? 0x7f : 0x7fff));
      sizes.push([item, Math.max(0, ...indices.map((index) => areas[index - 1] ?? 0))]);
    }
  }
  return sizes;
}

/** Source items of derived ones (`dimg`: grids, overlays). */
function references(view: DataView, iref: Box, left: Left): { readonly from: number; readonly to: number }[] {
  const idBytes = iref.start < iref.end && view.getUint8(iref.start) === 0 ? 2 : 4;
  const found: { from: number; to: number }[] = [];
  for (const { type, start, end } of boxesIn(view, iref.start + 4, iref.end, left)) {
    if (type !== "dimg") continue;
    const read = reader(view, start, end);
    const from = read(idBytes);
    for (let count = read(2); count > 0 && !read.isOver() && left.boxes-- >= 0; count--) {
      found.push({ from, to: read(idBytes) });
    }
  }
  return found;
}

/** Sequential reader of unsigned integers; reads zeros after the end. */
function reader(view: DataView, start: number, end: number) {
  let at = start;
  const read = (bytes: 1 | 2 | 4): number => {
    const from = at;
    at += bytes;
    if (at > end) return 0;
    return bytes === 1 ? view.getUint8(from) : bytes === 2 ? view.getUint16(from) : view.getUint32(from);
  };
  return Object.assign(read, { isOver: () => at >= end });
}

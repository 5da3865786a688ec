/** Structure of TIFF files: directories, one per page (TIFF 6.0, section 2; BigTIFF). */
import { countSegments, maxScans } from "./jpeg.ts";

/** Maximum number of pages; documents have hundreds, and a reader visits all of them to count. */
const maxPages = 1000;
/** Maximum entries of a page; libtiff is quadratic in unknown ones. */
const maxEntries = 256;
const maxEntriesInAll = 20_000;
/** Maximum number of JPEG tiles or strips. */
const maxJpegTiles = 100_000;

/** Reason to reject a picture that would take too long to decode, phrased after "the image"; undefined if there is none. */
export function tiffFault(bytes: Uint8Array): string | undefined {
  const reader = tiffReader(bytes);
  let entries = 0;
  let place = reader.first();
  for (let page = 0; reader.isInside(place); page++) {
    if (page === maxPages) return `has more than ${maxPages} pages`;
    const directory = reader.directory(place);
    entries += directory.count;
    if (directory.count > maxEntries) return `has a directory of more than ${maxEntries} entries`;
    if (entries > maxEntriesInAll) return `has more than ${maxEntriesInAll} entries in its pages`;
    const fault = page === 0 ? jpegTilesFault(bytes, reader, directory) : undefined;
    if (fault !== undefined) return fault;
    place = directory.next;
  }
  return undefined;
}

interface Directory {
  readonly count: number;
  /** offset and number of an entry's values, by tag */
  readonly entries: ReadonlyMap<number, Entry>;
  readonly next: number;
}

interface Entry {
  readonly type: number;
  readonly count: number;
  readonly place: number;
}

/** Bytes of a value by its type: byte, text, short, long; slong, float; long8. */
const typeBytes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 16: 8 };

function tiffReader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === 0x49;
  const short = (at: number) => (at + 2 <= bytes.length ? view.getUint16(at, isLittle) : 0);
  const long = (at: number) => (at + 4 <= bytes.length ? view.getUint32(at, isLittle) : 0);
  const long8 = (at: number) => (at + 8 <= bytes.length ? Number(view.getBigUint64(at, isLittle)) : 0);
  const isBig = short(2) === 43;
  // In a BigTIFF, counts and offsets have eight bytes.
  const [word, wordBytes, countBytes, entryBytes] = isBig ? [long8, 8, 8, 20] : [long, 4, 2, 12];
  const value = (type: number, at: number) => (type === 3 ? short(at) : type === 16 ? long8(at) : long(at));

  const entryAt = (at: number): Entry => {
    const [type, count] = [short(at + 2), word(at + 4)];
    const inPlace = (typeBytes[type] ?? wordBytes) * count <= wordBytes;
    return { type, count, place: inPlace ? at + 4 + wordBytes : word(at + 4 + wordBytes) };
  };
  return {
    first: () => word(isBig ? 8 : 4),
    isInside: (place: number) => place >= 8 && place + countBytes <= bytes.length,
    directory(place: number): Directory {
      const count = isBig ? long8(place) : short(place);
      const read = Math.min(count, maxEntries);
      const starts = Array.from({ length: read }, (_, i) => place + countBytes + i * entryBytes);
      const entries = new Map(starts.map((at) => [short(at), entryAt(at)]));
      return { count, entries, next: word(place + countBytes + count * entryBytes) };
    },
    /** Values of an entry, at most as many as fit in the file. */
    values: ({ type, count, place }: Entry): number[] => {
      const size = typeBytes[type] ?? 4;
      const there = Math.max(0, Math.min(count, maxJpegTiles + 1, Math.floor((bytes.length - place) / size)));
      return Array.from({ length: there }, (_, i) => value(type, place + i * size));
    },
  };
}

const tags = { compression: 259, stripOffsets: 273, stripLengths: 279, tileOffsets: 324, tileLengths: 325 } as const;
const jpegCompression = 7;

/** Checks JPEG tiles and strips; each may have many scans, and several may share the same bytes. */
function jpegTilesFault(
  bytes: Uint8Array,
  { values }: ReturnType<typeof tiffReader>,
  { entries }: Directory,
): string | undefined {
  const list = (tag: number) => {
    const entry = entries.get(tag);
    return entry === undefined ? [] : values(entry);
  };
  if (list(tags.compression)[0] !== jpegCompression) return undefined;
  const offsets = [...list(tags.tileOffsets), ...list(tags.stripOffsets)];
  if (offsets.length > maxJpegTiles) return `has more than ${maxJpegTiles} tiles`;
  const lengths = [...list(tags.tileLengths), ...list(tags.stripLengths)];
  const tiles = new Map(offsets.map((offset, i) => [`${offset}+${lengths[i]}`, [offset, lengths[i] ?? 0] as const]));
  let looked = 0;
  for (const [offset, length] of tiles.values()) {
    looked += Math.min(length, bytes.length);
    if (looked > 2 * bytes.length) return "has tiles that overlap";
    if (countSegments(bytes.subarray(offset, offset + length)).scans > maxScans) {
      return `has a tile of more than ${maxScans} scans`;
    }
  }
  return undefined;
}

/** Pictures that the program draws, with the sentences that describe them. */
import sharp from "sharp";
import type { RgbImage } from "../../pictures/image.ts";

/** A drawing: its sentence, and the SVG content of a square of 100 units. */
export interface DrawnPicture {
  readonly sentence: string;
  readonly svg: string;
}

const grey = `<rect width="100" height="100" fill="#d8d8d8"/>`;
const bars = (...colours: readonly string[]) =>
  colours
    .map(
      (fill, i) =>
        `<rect x="${(100 * i) / colours.length}" width="${100 / colours.length}" height="100" fill="${fill}"/>`,
    )
    .join("");
const stripes = (...colours: readonly string[]) => `<g transform="matrix(0 1 1 0 0 0)">${bars(...colours)}</g>`;
const checkers = Array.from({ length: 64 }, (_, i) => {
  const [x, y] = [i % 8, Math.floor(i / 8)];
  return `<rect x="${12.5 * x}" y="${12.5 * y}" width="12.5" height="12.5" fill="${(x + y) % 2 ? "black" : "white"}"/>`;
}).join("");

/** Groups of pictures whose sentences compete with each other: shapes with their colours, and flags. */
export const drawnGroups: readonly (readonly DrawnPicture[])[] = [
  [
    { sentence: "a red circle", svg: `${grey}<circle cx="50" cy="50" r="34" fill="#e00000"/>` },
    { sentence: "a blue square", svg: `${grey}<rect x="18" y="18" width="64" height="64" fill="#0020e0"/>` },
    { sentence: "a green triangle", svg: `${grey}<path d="M50,14 86,82H14Z" fill="#00a010"/>` },
    {
      sentence: "a yellow star",
      svg: `${grey}<path d="M50,12 59,39H88L65,57 74,85 50,68 26,85 35,57 12,39H41Z" fill="#ffd800"/>`,
    },
    { sentence: "a black and white chessboard", svg: checkers },
  ],
  [
    { sentence: "the flag of France", svg: bars("#0055a4", "#ffffff", "#ef4135") },
    { sentence: "the flag of Germany", svg: stripes("#000000", "#dd0000", "#ffce00") },
    { sentence: "the flag of Japan", svg: `${bars("#ffffff")}<circle cx="50" cy="50" r="26" fill="#bc002d"/>` },
    { sentence: "the flag of Ukraine", svg: stripes("#0057b7", "#ffd700") },
    {
      sentence: "the flag of Switzerland",
      svg: `${bars("#da291c")}<path d="M40,20H60V40H80V60H60V80H40V60H20V40H40Z" fill="#fff"/>`,
    },
  ],
];

/** Renders a drawing at `side` pixels a side. */
export async function drawPicture({ svg }: DrawnPicture, side: number): Promise<RgbImage> {
  const document = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${side}" height="${side}">${svg}</svg>`;
  const { data, info } = await sharp(Buffer.from(document)).removeAlpha().toColourspace("srgb").raw().toBuffer({
    resolveWithObject: true,
  });
  return { width: info.width, height: info.height, data };
}

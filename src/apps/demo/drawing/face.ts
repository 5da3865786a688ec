/** Drawn human face, cropped like FER2013's photographs: from forehead to chin. */
import { drawBeard, drawGlasses } from "./accessories.ts";
import { drawBrows, drawForehead } from "./brows.ts";
import type { ActionUnits } from "./expressions.ts";
import { drawEyes } from "./eyes.ts";
import { drawHair, drawHairBehind } from "./hair.ts";
import { drawHead, drawShading, headPath } from "./head.ts";
import type { Identity } from "./identity.ts";
import { drawMouth } from "./mouth.ts";
import { drawFolds, drawNose } from "./nose.ts";
import { paletteOf } from "./palette.ts";
import { definitions, drawLight, pose } from "./photograph.ts";

/** Draws one face as SVG text, 96 × 96. The same input gives the same text. */
export function drawFace({ actionUnits, identity }: { actionUnits: ActionUnits; identity: Identity }): string {
  const palette = paletteOf(identity);
  const head = [
    drawHairBehind(identity, palette),
    drawHead(actionUnits, identity, palette),
    insideHead(drawShading(actionUnits, identity, palette)),
    drawForehead(actionUnits, identity, palette),
    drawEyes(actionUnits, identity, palette),
    drawFolds(actionUnits, identity, palette),
    drawNose(actionUnits, identity, palette),
    insideHead(drawBeard(actionUnits, identity, palette)),
    drawMouth(actionUnits, identity, palette),
    drawBrows(actionUnits, identity, palette),
    drawHair(identity, palette),
    drawGlasses(identity),
  ].join("");
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">',
    definitions(identity, palette, headPath(actionUnits, identity)),
    '<g filter="url(#lens)"><rect width="96" height="96" fill="url(#background)"/>',
    `<g transform="${pose(identity)}">${head}</g>`,
    drawLight(identity),
    "</g></svg>",
  ].join("");
}

/** Clip path of the face, so that blurred edges do not leave it. */
function insideHead(content: string): string {
  return content === "" ? "" : `<g clip-path="url(#head)">${content}</g>`;
}

import { namedPictures } from "./namedPictures.node.ts";

const classes = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"];
const codes = ["NE", "HA", "SU", "SA", "AN", "DI", "FE"];

/** JAFFE (Lyons et al. 1998): images such as `KA.AN1.39.tiff`, named by person, expression, repetition and number. */
export const jaffe = namedPictures({
  name: "jaffe",
  classes,
  parse: (name) => {
    const [, person, code] = /^([A-Z]{2})\.(NE|HA|SU|SA|AN|DI|FE)\d+\.\d+\.\w+$/.exec(name) ?? [];
    return person === undefined ? undefined : { person, label: codes.indexOf(code) };
  },
});

import { namedPictures } from "./namedPictures.node.ts";

const classes = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"];
const codes = ["NE", "HA", "SU", "SA", "AN", "DI", "AF"];

/**
 * KDEF (Lundqvist et al. 1998): images such as `AF01ANHL.JPG`, named by session (A, B), sex, person, expression and angle. Both
 * sessions show the same persons. Full profiles (FL, FR) are left out; straight views (S) and half profiles (HL, HR) are read.
 */
export const kdef = namedPictures({
  name: "kdef",
  classes,
  parse: (name) => {
    const pattern = /^[AB]([FM]\d\d)(NE|HA|SU|SA|AN|DI|AF)(S|HL|HR|FL|FR)\.\w+$/i;
    const [, person, code, angle] = pattern.exec(name.toUpperCase()) ?? [];
    if (person === undefined) return undefined;
    return { person, label: angle.startsWith("F") ? "profile view" : codes.indexOf(code) };
  },
});

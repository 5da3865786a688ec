/** What an explanation needs beyond the reports' own style. */

/** Colours of classes, each at least 4.5 : 1 against the light and the dark ground. */
export const classColours = {
  light: ["#1f5fbf", "#a4480f", "#1a6e34", "#8a2fa3", "#b3261e", "#5f6a00", "#00707a", "#6b5040"],
  dark: ["#86b6ff", "#ffb27a", "#7fd492", "#e0a3f0", "#ff9a90", "#d6d96b", "#6fdbe3", "#cdb5a6"],
} as const;

const variables = (colours: readonly string[]) => colours.map((colour, c) => `--class-${c}:${colour}`).join(";");
const [light, dark] = [variables(classColours.light), variables(classColours.dark)];

export const explainStyle = `
:root{${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{${light}}.figures table{font-size:.75rem}.figures :is(th,td){white-space:normal;padding-right:.5rem}}
.class-key span{display:inline-flex;align-items:center;gap:.35em;margin-right:1em;white-space:nowrap}
.class-key svg{width:auto;flex:none}
.face{margin:1.25rem 0 2rem;break-inside:avoid}.face h3{font-size:1rem;margin:.5rem 0}
.face h4{font-size:.9375rem;font-weight:600;margin:0 0 .25rem}.answers details{margin:.25rem 0 1rem}
.answers{display:grid;grid-template-columns:minmax(4.5rem,9rem) 1fr;gap:1rem}
.answers img{width:100%;height:auto;display:block;border-radius:.25rem}
.maps{display:grid;grid-template-columns:repeat(3,minmax(4rem,9rem));gap:.5rem .75rem}
.patches{grid-template-columns:repeat(auto-fill,minmax(5.5rem,1fr));margin-top:.5rem}
@media (max-width:40rem){.answers{grid-template-columns:1fr}.answers>figure{max-width:8rem}}
`;

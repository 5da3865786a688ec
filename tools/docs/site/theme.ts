/** VitePress's default theme; the styles of equations and of this site come after its own. */
export { default } from "vitepress/theme";

import "katex/dist/katex.min.css";
import "./site.css";

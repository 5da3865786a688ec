/** Entry point of the page. */
import { render } from "preact";
import { startOffline } from "./offline/start.ts";

await startOffline();
// Loaded afterwards, so that the service worker sees what the page asks for.
const { App } = await import("./app.tsx");
const root = document.getElementById("page");
if (root !== null) render(<App />, root);

/** Entry point of the page: routes between the views and sets up the engine. */
import { h, required, type View } from "./dom.ts";
import { setUpMode, setUpNotice } from "./mode.ts";
import { Session } from "./model/pageSession.ts";
import { startOffline } from "./offline/start.ts";
import { readView } from "./read/readView.ts";
import { runsView } from "./runs/runsView.ts";
import { teachView } from "./teach/teachView.ts";

const views = {
  read: { title: "Read expressions", make: readView },
  teach: { title: "Teach it", make: teachView },
  runs: { title: "Runs", make: runsView },
} as const;
type ViewName = keyof typeof views;

const isView = (name: string): name is ViewName => Object.hasOwn(views, name);

async function start(): Promise<void> {
  setUpNotice(required("about"));
  await startOffline();
  const session = new Session();
  const made = new Map<ViewName, View>();
  let shown: View | undefined;

  const show = (move: boolean) => {
    const asked = location.hash.slice(1);
    const name = isView(asked) ? asked : "read";
    shown?.hide?.();
    const view: View = made.get(name) ?? views[name].make(session);
    made.set(name, view);
    shown = view;
    const main = required("main");
    main.replaceChildren(view.element);
    view.show?.();
    required("views").replaceChildren(...links(name));
    document.title = `${views[name].title} · mpa-fer`;
    if (move) main.focus();
  };
  addEventListener("hashchange", () => show(true));
  show(false);
  await setUpMode(session);
}

const links = (current: ViewName): HTMLElement[] =>
  Object.entries(views).map(([name, { title }]) =>
    h("a", { href: `#${name}`, "aria-current": name === current ? "page" : undefined }, title),
  );

await start();

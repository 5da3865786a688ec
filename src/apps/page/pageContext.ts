/** What all components of the page share. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { Session, type SessionState } from "./model/pageSession.ts";

/** Shared state of the page. */
export interface PageContext {
  readonly session: Session;
  readonly state: ReadonlySignal<SessionState>;
  /** whether a server answers behind the page; undefined until that is known */
  readonly hasServer: ReadonlySignal<boolean | undefined>;
}

const context = createContext<PageContext | undefined>(undefined);

export const PageProvider = context.Provider;

/** Context of the page. Throws outside `PageProvider`. */
export function usePage(): PageContext {
  const page = useContext(context);
  if (page === undefined) throw new Error("the component is outside the page");
  return page;
}

const modeKey = "mpa-fer mode";

/**
 * Whether the page may look for a server. A static site says `<meta name="mpa-fer-server" content="none">` in index.html, so that
 * nothing is asked of it that it does not have.
 */
const mayHaveServer = (): boolean =>
  document.querySelector<HTMLMetaElement>('meta[name="mpa-fer-server"]')?.content !== "none";

/** Creates the context and opens the engine of the last visit: the server if there is one, else this browser. */
export function createPageContext(): PageContext {
  const session = new Session();
  const state = signal(session.state);
  const hasServer = signal<boolean | undefined>(undefined);
  session.watch((next) => {
    state.value = next;
  });
  void (async () => {
    hasServer.value = mayHaveServer() && (await session.server()) !== undefined;
    const isLocal = !hasServer.value || localStorage.getItem(modeKey) === "browser";
    await session.choose(isLocal ? "browser" : "server");
  })();
  return { session, state, hasServer };
}

/** Switches the engine, and remembers it for the next visit. */
export function chooseMode({ session }: PageContext, mode: "server" | "browser"): void {
  localStorage.setItem(modeKey, mode);
  void session.choose(mode);
}

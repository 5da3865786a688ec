/** Frame of the page: header with the views and the model, the view, and the footer. */
import { signal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CameraStream } from "./camera/cameraStream.ts";
import { createPageContext, PageProvider } from "./pageContext.ts";
import { NoticeDialog, NoticeLine, showNotice } from "./parts/notice.tsx";
import { PictureReader } from "./read/pictureReader.ts";
import { ReadView } from "./read/readView.tsx";
import { RunsView } from "./runs/runsView.tsx";
import { Logo } from "./shell/logo.tsx";
import { ModelChip } from "./shell/modelChip.tsx";
import { Teaching } from "./teach/teaching.ts";
import { TeachView } from "./teach/teachView.tsx";

const titles = { read: "Read", teach: "Teach", runs: "Runs" } as const;
type ViewName = keyof typeof titles;

const isView = (name: string): name is ViewName => Object.hasOwn(titles, name);
const viewOfAddress = (): ViewName => {
  const name = location.hash.slice(1);
  return isView(name) ? name : "read";
};

const shown = signal(viewOfAddress());
const page = createPageContext();
const reader = new PictureReader(page.session);
const camera = new CameraStream();
const teaching = new Teaching(page.session, camera);

export function App(): VNode {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const follow = () => {
      shown.value = viewOfAddress();
      main.current?.focus();
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const name = shown.value;
  useSignalEffect(() => {
    document.title = `${titles[shown.value]} · mpa-fer`;
  });
  return (
    <PageProvider value={page}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <div class="top-row">
          <Logo />
          <nav aria-label="Views">
            {Object.entries(titles).map(([view, title]) => (
              <a key={view} href={`#${view}`} aria-current={view === name ? "page" : undefined}>
                {title}
              </a>
            ))}
          </nav>
          <ModelChip isLocal={name === "teach"} />
        </div>
      </header>
      <NoticeLine />
      <main id="main" tabIndex={-1} ref={main}>
        {name === "read" && <ReadView reader={reader} camera={camera} />}
        {name === "teach" && <TeachView teaching={teaching} />}
        {name === "runs" && <RunsView />}
      </main>
      <footer>
        <span class="muted">mpa-fer: expressions in faces, by a frozen CLIP with trained prompts</span>
        <button type="button" class="link" onClick={showNotice}>
          Intended use and limitations
        </button>
      </footer>
      <NoticeDialog />
    </PageProvider>
  );
}

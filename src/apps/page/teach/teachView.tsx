/** View for few-shot training in the browser, in three columns: gather faces, train, and try the result. */
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Gather } from "./gather.tsx";
import type { Teaching } from "./teaching.ts";
import { Train } from "./train.tsx";
import { Try } from "./try.tsx";

export function TeachView({ teaching }: { readonly teaching: Teaching }): VNode {
  useEffect(() => {
    void teaching.open();
    return () => {
      teaching.stopRecording();
      teaching.camera.stop();
    };
  }, [teaching]);
  return (
    <section aria-labelledby="teach-title" class="view">
      <header class="view-head">
        <h1 id="teach-title">Teach your own classes</h1>
        <p class="lead">
          Name classes, give a few faces of each, and train. Pictures, training and result stay in this browser until
          you download or delete them.
        </p>
      </header>
      {teaching.isOpen ? (
        <div class="teach">
          <Gather teaching={teaching} />
          <Train teaching={teaching} />
          <Try teaching={teaching} />
        </div>
      ) : (
        <p class="muted">Opening your project…</p>
      )}
    </section>
  );
}

/** Finished example that is shown until there is a picture of the user's own: drawn faces, read by the active engine. */
import { useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { usePage } from "../pageContext.ts";
import { exampleFile } from "../samples.ts";
import { PictureCard } from "./pictureCard.tsx";
import { PictureReader } from "./pictureReader.ts";

export function Example(): VNode | null {
  const { session, state } = usePage();
  const reader = useMemo(() => new PictureReader(session), [session]);
  const mode = useComputed(() => (state.value.kind === "ready" ? state.value : undefined)).value;
  useEffect(() => {
    const fetching = new AbortController();
    const read = async () => {
      const file = await (await fetch(exampleFile, { signal: fetching.signal })).blob();
      reader.clear();
      reader.add([{ name: "Example", file }]);
    };
    // Without the picture there is no example.
    if (mode !== undefined) read().catch(() => undefined);
    return () => fetching.abort();
  }, [reader, mode]);
  useEffect(() => () => reader.clear(), [reader]);
  const [picture] = reader.pictures;
  if (picture === undefined) return <ExamplePlace />;
  return (
    <div class="example">
      <PictureCard key={picture.id} picture={picture} title="Example: three drawn faces" />
    </div>
  );
}

/** Keeps the place of the example while the model is loaded. */
const ExamplePlace = (): VNode => (
  <div class="card result example" aria-hidden="true">
    <div class="card-head">
      <span class="card-title">Example: three drawn faces</span>
    </div>
    <div class="answer">
      <div class="stage">
        <img src={exampleFile} alt="" />
      </div>
      <div class="pending">
        <span class="skeleton" />
        <span class="skeleton" />
        <span class="skeleton" />
      </div>
    </div>
  </div>
);

/** Third column: the trained classes on the camera and on other pictures. */
import { useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { LiveFaces } from "../camera/liveFaces.tsx";
import { usePage } from "../pageContext.ts";
import { DropZone } from "../parts/dropZone.tsx";
import { Icon } from "../parts/icons.tsx";
import { afterNotice } from "../parts/notice.tsx";
import { PictureCard } from "../read/pictureCard.tsx";
import { PictureReader } from "../read/pictureReader.ts";
import { fetchSample, SamplePicker } from "../read/samplePicker.tsx";
import { trySamples } from "../samples.ts";
import { checkpointName, type Teaching } from "./teaching.ts";

export function Try({ teaching }: { readonly teaching: Teaching }): VNode {
  const { state } = usePage();
  const isInUse = useComputed(
    () => state.value.kind === "ready" && state.value.description.checkpoint === checkpointName,
  ).value;
  const isReady = teaching.project.prompts !== undefined && teaching.training === undefined;
  return (
    <section class="column" aria-labelledby="try-title">
      <h2 id="try-title" class="step">
        <span class="step-number">3</span> Try
      </h2>
      {isReady && isInUse ? <Preview teaching={teaching} /> : <NotYet isReady={isReady} />}
    </section>
  );
}

const NotYet = ({ isReady }: { readonly isReady: boolean }): VNode => (
  <div class="card empty-card">
    <span class="tile-icon">
      <Icon name="play" />
    </span>
    <p>{isReady ? "Choose “Use this model” to try it." : "The preview opens here after training."}</p>
  </div>
);

/** Reads the camera if it is on already, else one of the drawn faces that were not trained on. */
function Preview({ teaching }: { readonly teaching: Teaching }): VNode {
  const { session, camera, project } = teaching;
  const reader = useMemo(() => new PictureReader(session), [session]);
  useEffect(() => () => reader.clear(), [reader]);
  const names = project.prompts?.classes ?? [];
  const samples = trySamples.filter(({ expression }) => names.includes(expression));
  // biome-ignore lint/correctness/useExhaustiveDependencies: reads one face when the preview opens
  useEffect(() => {
    const [first] = samples;
    if (camera.isOpen.peek() || first === undefined) return;
    void fetchSample(first).then((file) => reader.add([{ name: `Drawn face: ${first.expression}`, file }]));
  }, [reader]);
  const show = (picture: { readonly name: string; readonly file: Blob }) => {
    reader.clear();
    reader.add([picture]);
  };
  const [picture] = reader.pictures;
  if (camera.isOpen.value && teaching.filmed === undefined)
    return <LiveFaces camera={camera} stop={() => camera.stop()} />;
  return (
    <>
      <div class="card preview-inputs">
        <DropZone label="Choose a picture" class="small" add={([file]) => show({ name: file.name, file })}>
          <button type="button" onClick={() => afterNotice(() => void teaching.preview())}>
            <Icon name="camera" />
            Use the camera
          </button>
        </DropZone>
        {camera.error.value !== undefined && <p class="bad">{camera.error}</p>}
        {samples.length > 0 && (
          <>
            <h3>Faces that it was not trained on</h3>
            <SamplePicker samples={samples} pick={show} />
          </>
        )}
      </div>
      {picture !== undefined && <PictureCard key={picture.id} picture={picture} />}
    </>
  );
}

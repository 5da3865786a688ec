/** View that reads expressions in pictures and in front of the camera. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CameraStream } from "../camera/cameraStream.ts";
import { LiveFaces } from "../camera/liveFaces.tsx";
import { DropZone } from "../parts/dropZone.tsx";
import { Icon } from "../parts/icons.tsx";
import { afterNotice } from "../parts/notice.tsx";
import { readSamples } from "../samples.ts";
import { Example } from "./example.tsx";
import { PictureCard } from "./pictureCard.tsx";
import type { PictureReader } from "./pictureReader.ts";
import { SamplePicker } from "./samplePicker.tsx";

export interface ReadViewProps {
  readonly reader: PictureReader;
  readonly camera: CameraStream;
}

export function ReadView({ reader, camera }: ReadViewProps): VNode {
  useEffect(() => () => camera.stop(), [camera]);
  const isOpen = camera.isOpen.value;
  const { pictures } = reader;
  const isEmpty = pictures.length === 0 && !isOpen;
  const results = useRef<HTMLElement>(null);
  const latest = pictures.at(0)?.id;
  useEffect(() => {
    if (latest !== undefined) results.current?.firstElementChild?.scrollIntoView({ block: "nearest" });
  }, [latest]);
  return (
    <section aria-labelledby="read-title" class="view">
      <header class="view-head">
        <h1 id="read-title">Read expressions</h1>
        <p class="lead">
          Give it a picture with faces, and see which expressions they show, how sure that is, and why.
        </p>
      </header>
      {isOpen ? (
        <LiveFaces camera={camera} stop={() => camera.stop()} />
      ) : (
        <Inputs reader={reader} camera={camera} isCompact={!isEmpty} />
      )}
      <Samples reader={reader} />
      <div class={pictures.length === 0 ? "sight" : "row spread"}>
        <p role="status" class="muted">
          {reader.status}
        </p>
        {pictures.length > 0 && (
          <button type="button" onClick={() => reader.clear()}>
            Remove all
          </button>
        )}
      </div>
      {isEmpty && <Example />}
      <section aria-label="Results" class="results" ref={results}>
        {pictures.map((picture) => (
          <PictureCard
            key={picture.id}
            picture={picture}
            remove={() => reader.remove(picture)}
            readAgain={() => reader.readAgain(picture)}
          />
        ))}
      </section>
    </section>
  );
}

function Inputs({ reader, camera, isCompact }: ReadViewProps & { readonly isCompact: boolean }): VNode {
  const add = (files: readonly File[]) => reader.add(files.map((file) => ({ name: file.name, file })));
  return (
    <div class={`inputs ${isCompact ? "compact" : ""}`}>
      <DropZone label="Choose pictures" add={add}>
        <span class="tile-icon">
          <Icon name="upload" />
        </span>
        <strong class="tile-title">Drop pictures here</strong>
        <span class="muted tile-note">JPEG, PNG, WebP, and more; several at once</span>
      </DropZone>
      <div class="drop tile">
        <span class="tile-icon">
          <Icon name="camera" />
        </span>
        <strong class="tile-title">Look into the camera</strong>
        <span class="muted tile-note">Live, frame after frame; nothing is recorded</span>
        <button type="button" class="main" onClick={() => afterNotice(() => void camera.open())}>
          <Icon name="camera" />
          Use the camera
        </button>
        <p role="status" class={camera.error.value === undefined ? "sight" : "bad"}>
          {camera.error}
        </p>
      </div>
    </div>
  );
}

const Samples = ({ reader }: { readonly reader: PictureReader }): VNode => (
  <div class="try-one">
    <h2>Try one</h2>
    <SamplePicker samples={readSamples} pick={(picture) => reader.add([picture])} />
    <p class="muted">Drawn by a program, so that nobody's picture is needed.</p>
  </div>
);

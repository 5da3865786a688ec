/** Card of one class: its name, its faces, and ways to add some. */
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { CameraVideo } from "../camera/cameraVideo.tsx";
import { toneOf } from "../parts/appearance.ts";
import { DropZone } from "../parts/dropZone.tsx";
import { Icon } from "../parts/icons.tsx";
import { type Face, type ProjectClass, withClass, withoutClass, withoutFace } from "./project.ts";
import { RecordButton } from "./recordButton.tsx";
import type { Teaching } from "./teaching.ts";

export interface ClassCardProps {
  readonly teaching: Teaching;
  readonly own: ProjectClass;
  readonly place: number;
}

export function ClassCard({ teaching, own, place }: ClassCardProps): VNode {
  const { id, faces } = own;
  const called = own.name === "" ? `class ${place + 1}` : own.name;
  const classes = teaching.project.classes.map(({ name }) => name);
  const isRecording = teaching.recording === id;
  const list = useRef<HTMLUListElement>(null);
  const drop = (face: Face) => {
    teaching.change((project) => withoutFace(project, id, face.id));
    list.current?.focus();
  };
  return (
    <section class={`card class-card ${toneOf(called, classes)}`} aria-label={called}>
      <div class="card-head">
        <ClassName teaching={teaching} own={own} place={place} />
        <span class="muted count">{faces.length === 1 ? "1 face" : `${faces.length} faces`}</span>
        <button
          type="button"
          class="quiet"
          aria-label={`Remove class ${called}`}
          onClick={() => teaching.change((project) => withoutClass(project, id))}
        >
          <Icon name="close" />
        </button>
      </div>
      {teaching.filmed === id && teaching.camera.isOpen.value && (
        <div class={`recorder mirrored ${isRecording ? "on" : ""}`}>
          <CameraVideo camera={teaching.camera} />
          <button type="button" onClick={() => teaching.camera.stop()}>
            Stop the camera
          </button>
        </div>
      )}
      <DropZone label="Choose pictures" class="small" add={(files) => void teaching.add(id, files)}>
        <RecordButton teaching={teaching} id={id} />
      </DropZone>
      <ul class="thumbs" ref={list} tabIndex={-1} aria-label={`Faces of ${called}`}>
        {faces.map((face) => (
          <li key={face.id}>
            <Thumb face={face} label={`Remove this face of ${called}`} remove={() => drop(face)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ClassName({ teaching, own, place }: ClassCardProps): VNode {
  const label = `Name of class ${place + 1}`;
  return (
    <label class="class-name">
      <span class="sight">{label}</span>
      <input
        type="text"
        maxLength={60}
        autocomplete="off"
        spellcheck
        placeholder={label}
        value={own.name}
        onInput={({ currentTarget }) => {
          const name = currentTarget.value;
          const rename = (before: ProjectClass) => ({ ...before, name });
          teaching.change((project) => withClass(project, own.id, rename), `name of ${own.id}`);
        }}
      />
    </label>
  );
}

interface ThumbProps {
  readonly face: Face;
  readonly label: string;
  readonly remove: () => void;
}

function Thumb({ face, label, remove }: ThumbProps): VNode {
  const url = useMemo(() => URL.createObjectURL(face.picture), [face.picture]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    <button type="button" class="thumb" onClick={remove}>
      <img src={url} alt={label} />
      <Icon name="close" />
    </button>
  );
}

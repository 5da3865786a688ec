/** Picture or video with its faces marked. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { labelText } from "../../../faces/answerText.ts";
import type { Size } from "../../../pictures/image.ts";
import { toneOf } from "../parts/appearance.ts";
import { ExpressionIcon } from "../parts/expressionIcon.tsx";
import { type LabelPlace, needsRoom, placeLabels } from "./labelPlaces.ts";
import type { FaceSelection } from "./selection.ts";
import { numberOf, percentText, type ShownFace } from "./shownFace.ts";

export interface StageProps {
  readonly faces: readonly ShownFace[];
  readonly classes: readonly string[];
  /** size of the picture; undefined until it is known */
  readonly size: Size | undefined;
  readonly selection: FaceSelection;
  /** whether the picture is shown as in a mirror */
  readonly isMirrored?: boolean;
  /** the picture */
  readonly children: ComponentChildren;
}

/** A small picture is enlarged, but not beyond this factor. */
const maxScale = 4;

export function Stage({ faces, classes, size, selection, isMirrored = false, children }: StageProps): VNode {
  const ref = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      width.value = element.clientWidth;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [width]);
  const style = size && {
    aspectRatio: `${size.width} / ${size.height}`,
    maxWidth: `min(${Math.max(320, maxScale * size.width)}px, min(60vh, 30rem) * ${size.width / size.height})`,
  };
  const shown = size !== undefined && width.value > 0 ? shownAt(width.value, size, isMirrored) : undefined;
  const isRoomy = shown !== undefined && needsRoom(faces.map((face) => shown.boxOf(face)));
  return (
    <div class={`stage ${isRoomy ? "roomy" : ""}`}>
      <div class={`seen ${isMirrored ? "mirrored" : ""}`} ref={ref} style={style}>
        {children}
        {shown !== undefined && <Boxes faces={faces} classes={classes} selection={selection} shown={shown} />}
      </div>
    </div>
  );
}

/** The stage's size, and the box of a face in it, CSS pixels. */
interface Shown {
  readonly size: Size;
  boxOf(face: ShownFace): readonly [number, number, number, number];
}

function shownAt(width: number, size: Size, isMirrored: boolean): Shown {
  const scale = width / size.width;
  return {
    size: { width, height: scale * size.height },
    boxOf: ({ box: [x, y, w, h] }) => [
      ...([scale * (isMirrored ? size.width - x - w : x), scale * y] as const),
      ...([scale * w, scale * h] as const),
    ],
  };
}

interface BoxesProps {
  readonly faces: readonly ShownFace[];
  readonly classes: readonly string[];
  readonly selection: FaceSelection;
  readonly shown: Shown;
}

function Boxes({ faces, classes, selection, shown }: BoxesProps): VNode {
  const boxes = faces.map((face) => shown.boxOf(face));
  const texts = faces.map((face, i) => labelOf(face, i, faces.length));
  const places = placeLabels(
    boxes,
    texts.map(({ full, short }) => ({ full: widthOf(full), short: widthOf(short) })),
    shown.size,
  );
  return (
    <>
      {faces.map((face, i) => {
        const number = numberOf(face, i);
        const state = `${selection.isActive(number) ? "active" : ""} ${face.confident ? "" : "unsure"}`;
        const [left, top, width, height] = boxes[i];
        return (
          <button
            key={number}
            type="button"
            class={`box ${toneOf(face.label, classes)} ${state}`}
            style={{ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` }}
            aria-label={`Face ${number}: ${texts[i].full}`}
            aria-pressed={selection.selected.value === number}
            onClick={() => selection.select(number)}
            {...selection.hoverOf(number)}
          />
        );
      })}
      {faces.map((face, i) => (
        <Label key={numberOf(face, i)} face={face} classes={classes} place={places[i]} text={texts[i]} />
      ))}
    </>
  );
}

interface LabelText {
  readonly full: string;
  readonly short: string;
}

function labelOf(face: ShownFace, index: number, count: number): LabelText {
  const number = count > 1 ? `${numberOf(face, index)} ` : "";
  const label = labelText(face);
  return { full: `${number}${label} ${percentText(face.score)}`, short: `${number}${percentText(face.score)}` };
}

/** Estimated width of a label with its icon, CSS pixels. */
const widthOf = (text: string): number => 38 + 7.6 * text.length;

interface LabelProps {
  readonly face: ShownFace;
  readonly classes: readonly string[];
  readonly place: LabelPlace;
  readonly text: LabelText;
}

const Label = ({ face, classes, place, text }: LabelProps): VNode => (
  <span
    class={`box-label ${toneOf(face.label, classes)} ${face.confident ? "" : "unsure"}`}
    style={{ left: `${place.left}px`, top: `${place.top}px` }}
    aria-hidden="true"
  >
    <ExpressionIcon name={face.label} />
    {place.isShort ? text.short : text.full}
  </span>
);

/** List of the faces of a picture or camera frame. With more than two faces only the selected one is open. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { labelText } from "../../../faces/answerText.ts";
import { toneOf } from "../parts/appearance.ts";
import { ExpressionIcon } from "../parts/expressionIcon.tsx";
import { Probabilities } from "./probabilities.tsx";
import type { FaceSelection } from "./selection.ts";
import { numberOf, percentText, type ShownFace } from "./shownFace.ts";

export interface FaceListProps {
  readonly faces: readonly ShownFace[];
  readonly classes: readonly string[];
  readonly selection: FaceSelection;
  /** content below the probabilities of the face with this index */
  readonly more?: (index: number) => ComponentChildren;
}

const maxOpen = 2;

export function FaceList({ faces, classes, selection, more }: FaceListProps): VNode {
  if (faces.length === 0) return <NoFace />;
  const chosen = selection.selected.value ?? numberOf(faces[0], 0);
  return (
    <div class="faces">
      {faces.map((face, i) => {
        const number = numberOf(face, i);
        const isOpen = faces.length <= maxOpen || number === chosen;
        const props = { face, number, classes, selection, isOpen, folds: faces.length > maxOpen };
        return (
          <FaceCard key={number} {...props}>
            {more?.(i)}
          </FaceCard>
        );
      })}
    </div>
  );
}

const NoFace = (): VNode => (
  <div class="empty-note">
    <strong>No face was found.</strong>
    <p class="muted">Try a picture in which a face is larger, lit well, and seen from the front.</p>
  </div>
);

interface FaceCardProps {
  readonly face: ShownFace;
  readonly number: number;
  readonly classes: readonly string[];
  readonly selection: FaceSelection;
  readonly isOpen: boolean;
  /** whether the title opens the card */
  readonly folds: boolean;
  readonly children: ComponentChildren;
}

function FaceCard({ face, number, classes, selection, isOpen, folds, children }: FaceCardProps): VNode {
  const ref = useRef<HTMLElement>(null);
  const isSelected = selection.selected.value === number;
  useEffect(() => {
    if (isSelected) ref.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  const title = <Title face={face} number={number} />;
  return (
    <section
      ref={ref}
      class={`face ${toneOf(face.label, classes)} ${selection.isActive(number) ? "active" : ""}`}
      aria-label={`Face ${number}`}
      {...selection.hoverOf(number)}
    >
      <h3>
        {folds ? (
          <button type="button" class="face-title" aria-expanded={isOpen} onClick={() => selection.select(number)}>
            {title}
          </button>
        ) : (
          <span class="face-title">{title}</span>
        )}
      </h3>
      {isOpen && (
        <div class="face-body">
          {!face.confident && <UnsureNote />}
          <Probabilities face={face} classes={classes} />
          {children}
        </div>
      )}
    </section>
  );
}

const Title = ({ face, number }: { readonly face: ShownFace; readonly number: number }): VNode => (
  <>
    <span class="badge">
      <ExpressionIcon name={face.label} />
    </span>
    <span class="face-name">
      <span class="muted">{`Face ${number}: `}</span>
      <strong>{labelText(face)}</strong>
    </span>
    <span class="number">{percentText(face.score)}</span>
  </>
);

const UnsureNote = (): VNode => (
  <p class="unsure-note">The model is unsure about this face: take the expression as a guess.</p>
);

/** Explanation of a class's score: a map over the face, computed on request. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { PlainExplanation } from "../../../method/explain/plain.ts";
import { messageOf } from "../../../platform/errors.ts";
import { drawLayer, type Layer, mapLayer, patchLayer } from "./heatMap.ts";

export interface ExplanationProps {
  readonly label: string;
  readonly classes: readonly string[];
  explain(target: string): Promise<PlainExplanation>;
}

export function Explanation({ label, classes, explain }: ExplanationProps): VNode {
  const isOpen = useSignal(false);
  return (
    <div class="explanation">
      <button
        type="button"
        class="link"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        Explain
      </button>
      {isOpen.value && <Opened label={label} classes={classes} explain={explain} />}
    </div>
  );
}

type Answer =
  | { readonly kind: "waiting" }
  | { readonly kind: "done"; readonly target: string; readonly found: PlainExplanation }
  | { readonly kind: "failed"; readonly message: string };

function Opened({ label, classes, explain }: ExplanationProps): VNode {
  const target = useSignal(label);
  const answer = useSignal<Answer>({ kind: "waiting" });
  const ask = async (name: string) => {
    target.value = name;
    answer.value = { kind: "waiting" };
    const isWanted = () => target.peek() === name;
    try {
      const found = await explain(name);
      if (isWanted()) answer.value = { kind: "done", target: name, found };
    } catch (error) {
      if (isWanted()) answer.value = { kind: "failed", message: messageOf(error) };
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks once, when it is opened
  useEffect(() => void ask(label), []);
  const { value } = answer;
  return (
    <div class="explanation-body">
      <label class="row">
        Evidence for{" "}
        <select
          aria-label="class to explain"
          value={target.value}
          onChange={({ currentTarget }) => void ask(currentTarget.value)}
        >
          {classes.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {value.kind === "done" && <Overlay {...value} />}
      <p role="status" class={value.kind === "failed" ? "bad" : "muted"}>
        {value.kind === "waiting" && `Explaining ${target.value}…`}
        {value.kind === "failed" && value.message}
      </p>
    </div>
  );
}

interface Kind {
  readonly name: string;
  readonly layer: (found: PlainExplanation) => Layer;
  readonly caption: (target: string, found: PlainExplanation) => string;
}

const kinds: readonly Kind[] = [
  {
    name: "Best patches",
    layer: patchLayer,
    caption: (target, { patches }) =>
      `The ${patches.length} patches nearest to the text of ${target}; the nearest is the brightest.`,
  },
  {
    name: "Similarity",
    layer: ({ similarity }) => mapLayer(similarity, true),
    caption: (target) => `Every patch: the brighter, the nearer to the text of ${target}.`,
  },
  {
    name: "Saliency",
    layer: ({ saliency }) => mapLayer(saliency, false),
    caption: (target) => `The brighter, the more a change of this pixel changes the score of ${target}.`,
  },
];

function Overlay({ target, found }: { readonly target: string; readonly found: PlainExplanation }): VNode {
  const id = useId();
  const kind = useSignal(kinds[0]);
  const opacity = useSignal(0.75);
  const canvas = useRef<HTMLCanvasElement>(null);
  const layer = kind.value.layer(found);
  const caption = kind.value.caption(target, found);
  useEffect(() => {
    if (canvas.current !== null) drawLayer(canvas.current, layer);
  });
  return (
    <figure class="overlay">
      <fieldset class="segments">
        <legend class="sight">Kind of explanation</legend>
        {kinds.map((each) => (
          <label key={each.name}>
            <input
              type="radio"
              name={id}
              class="sight"
              checked={each === kind.value}
              onChange={() => {
                kind.value = each;
              }}
            />
            <span>{each.name}</span>
          </label>
        ))}
      </fieldset>
      <div class="overlay-face">
        <img src={found.face} alt="" />
        <canvas
          ref={canvas}
          class={layer.hasPatches ? "patches" : ""}
          role="img"
          aria-label={caption}
          style={{ opacity: opacity.value }}
        />
      </div>
      <label class="slider">
        Overlay
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={opacity.value}
          onInput={({ currentTarget }) => {
            opacity.value = currentTarget.valueAsNumber;
          }}
        />
      </label>
      <div class="legend" aria-hidden="true">
        <span>weak</span>
        <span class="legend-ramp" />
        <span>strong</span>
      </div>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

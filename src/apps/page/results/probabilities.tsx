/** Probabilities of a face as aligned bars: the top three, all on request. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { toneOf } from "../parts/appearance.ts";
import { ExpressionIcon } from "../parts/expressionIcon.tsx";
import { mostProbable, probabilitiesOf, type ShownFace } from "./shownFace.ts";

const shortList = 3;

export function Probabilities({
  face,
  classes,
}: {
  readonly face: ShownFace;
  readonly classes: readonly string[];
}): VNode {
  const isWhole = useSignal(false);
  const rows = isWhole.value ? probabilitiesOf(face, classes) : mostProbable(face, classes, shortList);
  return (
    <>
      <table class="shares">
        <tbody>
          {rows.map(([name, share]) => (
            <tr key={name} class={`${toneOf(name, classes)} ${name === face.label ? "first" : ""}`}>
              <th scope="row">
                <ExpressionIcon name={name} />
                <span>{name}</span>
              </th>
              <td>
                {/* biome-ignore lint/a11y/useSemanticElements: the bar of a meter element cannot move smoothly */}
                <div
                  class="bar"
                  role="meter"
                  aria-label={name}
                  aria-valuemin={0}
                  aria-valuemax={1}
                  aria-valuenow={share}
                  aria-valuetext={`${(100 * share).toFixed(1)} %`}
                >
                  <span style={{ width: `${100 * share}%` }} />
                </div>
              </td>
              <td class="number">{(100 * share).toFixed(1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      {classes.length > shortList && (
        <button
          type="button"
          class="link"
          aria-expanded={isWhole.value}
          onClick={() => {
            isWhole.value = !isWhole.value;
          }}
        >
          {isWhole.value ? "Show the top three" : `Show all ${classes.length}`}
        </button>
      )}
    </>
  );
}

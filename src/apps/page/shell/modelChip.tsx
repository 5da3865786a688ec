/** Chip that says where pictures are read, with the details of the model and the choice in a popover. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../pageContext.ts";
import { Icon } from "../parts/icons.tsx";
import { chipOf } from "./chip.ts";
import { ModelDetails, type ModelDetailsProps } from "./modelDetails.tsx";

export function ModelChip({ isLocal }: ModelDetailsProps): VNode {
  const { state } = usePage();
  const isOpen = useSignal(false);
  const ref = useRef<HTMLDivElement>(null);
  // From the start, not once it is open: an effect runs after the paint, and a key pressed before it would be lost.
  useEffect(() => {
    const close = (event: Event) => {
      const isOutside = event.target instanceof Node && ref.current?.contains(event.target) === false;
      if (isOutside) isOpen.value = false;
    };
    const leave = ({ key }: KeyboardEvent) => {
      if (key !== "Escape" || !isOpen.value) return;
      isOpen.value = false;
      ref.current?.querySelector("button")?.focus();
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", leave);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", leave);
    };
  }, [isOpen]);
  const { kind, icon, text } = chipOf(state.value, isLocal);
  return (
    <div class="chip-place" ref={ref}>
      <button
        type="button"
        class={`chip ${kind}`}
        aria-expanded={isOpen.value}
        aria-controls="model-details"
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        <Icon name={icon} />
        {text}
        <Icon name="down" />
      </button>
      {/* Outside the button: the content of a live region does not name a button. */}
      <span role="status" class="sight">
        {text}
      </span>
      <div id="model-details" class="popover" hidden={!isOpen.value}>
        <ModelDetails isLocal={isLocal} />
      </div>
    </div>
  );
}

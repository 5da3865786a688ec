/** Chip that says where pictures are read, with the details of the model and the choice in a popover. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SessionState } from "../model/pageSession.ts";
import { usePage } from "../pageContext.ts";
import { Icon } from "../parts/icons.tsx";
import { ModelDetails } from "./modelDetails.tsx";

export function ModelChip(): VNode {
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
  const { value } = state;
  const text = textOf(value);
  return (
    <div class="chip-place" ref={ref}>
      <button
        type="button"
        class={`chip ${value.kind}`}
        aria-expanded={isOpen.value}
        aria-controls="model-details"
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        <Icon name={value.kind === "failed" ? "warning" : value.mode === "browser" ? "lock" : "server"} />
        {text}
        <Icon name="down" />
      </button>
      {/* Outside the button: the content of a live region does not name a button. */}
      <span role="status" class="sight">
        {text}
      </span>
      <div id="model-details" class="popover" hidden={!isOpen.value}>
        <ModelDetails />
      </div>
    </div>
  );
}

function textOf(state: SessionState): string {
  if (state.kind === "failed") return "Not available";
  if (state.kind === "ready") return state.mode === "browser" ? "On your device" : "On your server";
  const loaded = state.bytes > 0 ? ` ${(state.bytes / 1e6).toFixed(1)} MB` : "";
  return state.mode === "browser" ? `Loading the model…${loaded}` : "Connecting…";
}

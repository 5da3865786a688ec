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
  useEffect(() => {
    if (!isOpen.value) return;
    const close = (event: Event) => {
      const isOutside = event.target instanceof Node && ref.current?.contains(event.target) === false;
      if (isOutside) isOpen.value = false;
    };
    const leave = ({ key }: KeyboardEvent) => {
      if (key !== "Escape") return;
      isOpen.value = false;
      ref.current?.querySelector("button")?.focus();
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", leave);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", leave);
    };
  }, [isOpen, isOpen.value]);
  const { value } = state;
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
        <span role="status">{textOf(value)}</span>
        <Icon name="down" />
      </button>
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

/** Button that records the camera while it is held, by pointer or keyboard; a short press takes one picture. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../parts/icons.tsx";
import { afterNotice } from "../parts/notice.tsx";
import type { Teaching } from "./teaching.ts";

export function RecordButton({ teaching, id }: { readonly teaching: Teaching; readonly id: string }): VNode {
  const isOn = teaching.recording === id;
  const isHeld = useRef(false);
  const start = () => {
    isHeld.current = true;
    if (teaching.recording !== undefined) return;
    afterNotice(() => {
      void teaching.record(id);
      // It was released while the notice was read.
      if (!isHeld.current) teaching.stopRecording();
    });
  };
  const stop = () => {
    isHeld.current = false;
    teaching.stopRecording();
  };
  const isKey = ({ key }: KeyboardEvent) => key === " " || key === "Enter";
  return (
    <button
      type="button"
      class={`hold ${isOn ? "recording" : ""}`}
      onPointerDown={(event) => {
        // The release counts wherever it happens.
        event.currentTarget.setPointerCapture(event.pointerId);
        start();
      }}
      onPointerUp={stop}
      onPointerCancel={stop}
      onKeyDown={(event) => {
        if (!isKey(event)) return;
        event.preventDefault();
        if (!event.repeat) start();
      }}
      onKeyUp={(event) => {
        if (isKey(event)) stop();
      }}
      onBlur={stop}
      onContextMenu={(event) => event.preventDefault()}
    >
      <Icon name="camera" />
      {isOn ? "Recording…" : "Hold to record"}
    </button>
  );
}

/** What the chip in the header says: where pictures are read, or how far the model is. */
import type { SessionState } from "../model/pageSession.ts";

export interface Chip {
  readonly kind: SessionState["kind"];
  readonly icon: "lock" | "server" | "warning";
  readonly text: string;
}

const onDevice: Chip = { kind: "ready", icon: "lock", text: "On your device" };

/** Chip of a view. `isLocal`: the view works in the browser even where a server reads pictures for other views. */
export function chipOf(state: SessionState, isLocal: boolean): Chip {
  const { kind, mode } = state;
  if (mode === "server" && isLocal) return onDevice;
  if (kind === "failed") return { kind, icon: "warning", text: "Not available" };
  if (mode === "server") return { kind, icon: "server", text: kind === "ready" ? "On your server" : "Connecting…" };
  if (kind === "ready") return onDevice;
  const loaded = state.bytes > 0 ? ` ${(state.bytes / 1e6).toFixed(1)} MB` : "";
  return { kind, icon: "lock", text: `Loading the model…${loaded}` };
}

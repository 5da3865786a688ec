/** Details of the model: what it is, where it runs, where pictures go, and the choices about that. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { messageOf } from "../../../platform/errors.ts";
import type { EngineDescription } from "../model/engine.ts";
import { chooseMode, usePage } from "../pageContext.ts";
import { showNotice } from "../parts/notice.tsx";

export function ModelDetails(): VNode {
  const page = usePage();
  const state = page.state.value;
  const isLocal = state.mode === "browser";
  const hasServer = page.hasServer.value === true;
  return (
    <>
      <div class="row spread">
        <span id="run-on" class="strong">
          Run on your device
        </span>
        <button
          type="button"
          role="switch"
          class="switch"
          aria-labelledby="run-on"
          aria-checked={isLocal}
          disabled={!hasServer}
          onClick={() => chooseMode(page, isLocal ? "server" : "browser")}
        />
      </div>
      <p class="muted">
        {isLocal
          ? "No picture leaves this machine."
          : "Pictures go to the server behind this page only, which stores none."}
        {page.hasServer.value === false && " This page has no server."}
      </p>
      {state.kind === "failed" && <p class="bad">{state.message}</p>}
      {state.kind === "ready" && <Facts description={state.description} />}
      <CheckpointInput />
      <button type="button" class="link" onClick={showNotice}>
        Intended use and limitations
      </button>
    </>
  );
}

function Facts({ description }: { readonly description: EngineDescription }): VNode {
  const { backbone, checkpoint, classes, runsOn } = description;
  return (
    <dl class="facts">
      <dt>Model</dt>
      <dd>
        {backbone.name} <code>{backbone.sha256.slice(0, 8)}</code>
      </dd>
      <dt>Prompts</dt>
      <dd>{checkpoint ?? "zero-shot, with hard prompts"}</dd>
      <dt>Classes</dt>
      <dd>{classes.join(", ")}</dd>
      <dt>Runs on</dt>
      <dd>{runsOn}</dd>
    </dl>
  );
}

/** Input for a checkpoint of the embedded model, such as a run's `best.safetensors`. */
function CheckpointInput(): VNode {
  const { session } = usePage();
  const said = useSignal("");
  const use = async (file: File | undefined) => {
    said.value = "Loading the checkpoint…";
    try {
      await session.answerWith(file);
      said.value = file === undefined ? "The original model is in use." : `${file.name} is in use, on your device.`;
    } catch (error) {
      said.value = messageOf(error);
    }
  };
  return (
    <div>
      <div class="row">
        <span>
          <input
            id="checkpoint"
            type="file"
            accept=".safetensors"
            class="sight"
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file !== undefined) void use(file);
              currentTarget.value = "";
            }}
          />
          <label for="checkpoint" class="button">
            Use a checkpoint file
          </label>
        </span>
        <button type="button" onClick={() => void use(undefined)}>
          Use the original
        </button>
      </div>
      <p role="status" class="muted">
        {said}
      </p>
    </div>
  );
}

/** Details of the model: what it is, where it runs, where pictures go, and the choices about that. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { defaultBackbone } from "../../../clip/backbone.ts";
import { messageOf } from "../../../platform/errors.ts";
import type { EngineDescription } from "../model/engine.ts";
import type { SessionState } from "../model/pageSession.ts";
import { hasOtherPrompts, promptsText } from "../model/prompts.ts";
import { chooseMode, usePage } from "../pageContext.ts";
import { showNotice } from "../parts/notice.tsx";

export interface ModelDetailsProps {
  /** whether the view works in the browser even where a server reads pictures for other views */
  readonly isLocal: boolean;
}

export function ModelDetails({ isLocal: isLocalView }: ModelDetailsProps): VNode {
  const page = usePage();
  const state = page.state.value;
  const isLocal = isLocalView || state.mode === "browser";
  const hasServer = page.hasServer.value === true;
  // The facts of a server are not those of what trains here.
  const isShown = !isLocalView || state.mode === "browser";
  return (
    <>
      <div class="row spread">
        <label for="run-on-device" class="strong">
          Run on your device
        </label>
        <button
          id="run-on-device"
          type="button"
          role="switch"
          class="switch"
          aria-checked={isLocal}
          disabled={!hasServer || isLocalView}
          onClick={() => chooseMode(page, isLocal ? "server" : "browser")}
        />
      </div>
      <p class="muted">
        {isLocal
          ? "No picture leaves this machine."
          : "Pictures go to the server behind this page only, which stores none."}
        {page.hasServer.value === false && " This page has no server."}
        {isLocalView && hasServer && ` Teach always works here. ${readsOn[state.mode]}`}
      </p>
      {state.kind === "failed" && isShown && <p class="bad">{state.message}</p>}
      {state.kind === "ready" && isShown && <Facts description={state.description} />}
      <CheckpointInput state={state} />
      <button type="button" class="link" onClick={showNotice}>
        Intended use and limitations
      </button>
    </>
  );
}

const readsOn = { browser: "Read does, too.", server: "Read works on your server." } as const;

function Facts({ description }: { readonly description: EngineDescription }): VNode {
  const { backbone, classes, runsOn } = description;
  return (
    <dl class="facts">
      <dt>Model</dt>
      <dd>
        {backbone.name} <code>{backbone.sha256.slice(0, 8)}</code>
      </dd>
      <dt>Prompts</dt>
      <dd>{promptsText(description)}</dd>
      <dt>Classes</dt>
      <dd>{classes.join(", ")}</dd>
      <dt>Runs on</dt>
      <dd>{runsOn}</dd>
    </dl>
  );
}

/** Input for a checkpoint of the embedded model, such as a run's `best.safetensors`. */
function CheckpointInput({ state }: { readonly state: SessionState }): VNode {
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
    <div class="checkpoint">
      <div class="row">
        <span>
          <input
            id="checkpoint"
            type="file"
            accept=".safetensors"
            aria-describedby="checkpoint-hint"
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
        {hasOtherPrompts(state) && (
          <button type="button" onClick={() => void use(undefined)}>
            Use the original
          </button>
        )}
      </div>
      <p id="checkpoint-hint" class="muted">
        A <code>.safetensors</code> file that <code>train</code> or Teach wrote, for the model {defaultBackbone}.
      </p>
      <p role="status" class="muted">
        {said}
      </p>
    </div>
  );
}

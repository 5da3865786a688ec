/** Result of a training: how many held-out faces are right, and the checkpoint. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { messageOf } from "../../../platform/errors.ts";
import { Icon } from "../parts/icons.tsx";
import type { TrainedPrompts } from "./project.ts";
import { checkpointName, type Teaching } from "./teaching.ts";

export interface ResultProps {
  readonly teaching: Teaching;
  readonly prompts: TrainedPrompts;
}

export function Result({ teaching, prompts }: ResultProps): VNode {
  const { metrics, classes, trained, setAside } = prompts;
  const right = Math.round(metrics.accuracy * metrics.n);
  const said = useSignal("");
  const answer = async (work: () => Promise<void>, done: string) => {
    said.value = "Loading…";
    try {
      await work();
      said.value = done;
    } catch (error) {
      said.value = messageOf(error);
    }
  };
  return (
    <div class="trained">
      <p>
        <strong>{`Trained on ${trained} faces; validation accuracy ${right}/${setAside}.`}</strong> So few faces say
        little about others.
      </p>
      <table>
        <caption>Correct of the held-out faces</caption>
        <tbody>
          {classes.map((name) => {
            const { recall, support } = metrics.perClass[name];
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number">{`${Math.round(recall * support)} of ${support}`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div class="row">
        <button
          type="button"
          class="main"
          onClick={() => void answer(() => teaching.use(), "The page reads with this model now.")}
        >
          Use this model
        </button>
        <button
          type="button"
          onClick={() =>
            void answer(() => teaching.session.answerWith(undefined), "The page reads with the original model again.")
          }
        >
          Use the original
        </button>
        <button type="button" onClick={() => download(prompts.checkpoint)}>
          <Icon name="download" />
          Download the checkpoint
        </button>
      </div>
      <p role="status" class="muted">
        {said}
      </p>
      <details>
        <summary>As an ONNX file</summary>
        <p class="muted">
          The page does not write ONNX files. The command line makes one of the downloaded checkpoint:
        </p>
        <code class="command">{`npx mpa-fer export --checkpoint ${checkpointName} --out taught.onnx`}</code>
      </details>
    </div>
  );
}

function download(bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = checkpointName;
  link.click();
  // The browser holds its own reference to the blob once the download has started.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

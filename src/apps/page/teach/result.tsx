/** Result of a training: how many held-out faces are right, and the files of what was trained. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { commandText } from "../../../platform/command.ts";
import { messageOf } from "../../../platform/errors.ts";
import { Icon } from "../parts/icons.tsx";
import type { TrainedPrompts } from "./project.ts";
import { checkpointName, onnxName, type Teaching } from "./teaching.ts";

export interface ResultProps {
  readonly teaching: Teaching;
  readonly prompts: TrainedPrompts;
}

export function Result({ teaching, prompts }: ResultProps): VNode {
  const { metrics, classes, trained, setAside } = prompts;
  const right = Math.round(metrics.accuracy * metrics.n);
  const said = useSignal("");
  const isWriting = useSignal(false);
  const answer = async (work: () => Promise<void>, done: string, busy = "Loading…") => {
    said.value = busy;
    try {
      await work();
      said.value = done;
    } catch (error) {
      said.value = messageOf(error);
    }
  };
  const exportOnnx = async () => {
    isWriting.value = true;
    const work = async () => download(await teaching.exportOnnx(prompts), onnxName);
    await answer(work, "The ONNX file is written.", "Writing the ONNX file…");
    isWriting.value = false;
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
          disabled={teaching.isInUse}
          onClick={() => void answer(() => teaching.use(), "The page reads with this model now.")}
        >
          {teaching.isInUse ? "In use" : "Use this model"}
        </button>
        <button
          type="button"
          onClick={() =>
            void answer(() => teaching.session.answerWith(undefined), "The page reads with the original model again.")
          }
        >
          Use the original
        </button>
        <button type="button" onClick={() => download(new Blob([prompts.checkpoint]), checkpointName)}>
          <Icon name="download" />
          Download the checkpoint
        </button>
        <button type="button" disabled={isWriting.value} onClick={() => void exportOnnx()}>
          <Icon name="download" />
          Download as ONNX
        </button>
      </div>
      <p role="status" class="muted">
        {said}
      </p>
      <details>
        <summary>What is in the ONNX file</summary>
        <p class="muted">
          A classifier for other programs: it takes aligned faces and gives probabilities, and does not find faces in
          photographs. Class names and preprocessing are in its metadata. The command line writes the same file of the
          checkpoint:
        </p>
        <code class="command">{commandText(`export --checkpoint ${checkpointName} --out ${onnxName}`)}</code>
      </details>
    </div>
  );
}

function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser holds its own reference to the blob once the download has started.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

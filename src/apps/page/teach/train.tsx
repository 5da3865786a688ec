/** Second column: the training, its live curves and its result. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { Curves } from "./curves.tsx";
import { Result } from "./result.tsx";
import { reasonNotToTrain, type Teaching } from "./teaching.ts";

const defaultEpochs = 40;
const maxEpochs = 500;

export function Train({ teaching }: { readonly teaching: Teaching }): VNode {
  const epochs = useSignal(defaultEpochs);
  const { training, project, status } = teaching;
  const isTraining = training !== undefined;
  const reason = reasonNotToTrain(project);
  const last = training?.steps.at(-1);
  return (
    <section class="column" aria-labelledby="train-title">
      <h2 id="train-title" class="step">
        <span class="step-number">2</span> Train
      </h2>
      <div class="card">
        <div class="row spread">
          <label for="epochs">Epochs</label>
          <input
            id="epochs"
            type="number"
            min={1}
            max={maxEpochs}
            value={epochs.value}
            disabled={isTraining}
            onInput={({ currentTarget }) => {
              epochs.value = Math.min(maxEpochs, Math.max(1, Math.round(currentTarget.valueAsNumber) || defaultEpochs));
            }}
          />
        </div>
        <p class="muted">How often training sees every face. More takes longer and fits them more closely.</p>
        {isTraining ? (
          <button type="button" class="wide" onClick={() => void teaching.stop()}>
            Stop
          </button>
        ) : (
          <button
            type="button"
            class="main wide"
            disabled={reason !== undefined}
            aria-describedby="why-not"
            onClick={() => void teaching.train(epochs.value)}
          >
            Train
          </button>
        )}
        <p id="why-not" class="muted why-not">
          {!isTraining && reason}
        </p>
        {isTraining && <progress aria-label="training" max={last?.steps ?? 1} value={last?.step} />}
        <p role="status" class="muted">
          {status}
        </p>
        <Curves steps={teaching.curve.value} />
        {project.prompts !== undefined && !isTraining && <Result teaching={teaching} prompts={project.prompts} />}
        <div class="row">
          <button type="button" disabled={isTraining || !teaching.canUndo} onClick={() => teaching.undo()}>
            Undo
          </button>
          <button
            type="button"
            disabled={isTraining}
            onClick={() => {
              if (confirm("Delete all classes, faces and prompts from this browser?")) teaching.forget();
            }}
          >
            Delete everything
          </button>
        </div>
      </div>
    </section>
  );
}

/** Drawn faces to try the page with. */
import type { VNode } from "preact";
import { type Sample, sampleFile } from "../samples.ts";

export interface SamplePickerProps {
  readonly samples: readonly Sample[];
  readonly pick: (picture: { readonly name: string; readonly file: Blob }) => void;
}

export function SamplePicker({ samples, pick }: SamplePickerProps): VNode {
  const load = async (sample: Sample) =>
    pick({ name: `Drawn face: ${sample.expression}`, file: await fetchSample(sample) });
  return (
    <ul class="samples">
      {samples.map((sample) => (
        <li key={sampleFile(sample)}>
          <button
            type="button"
            aria-label={`Try the drawn face of ${sample.expression}`}
            onClick={() => void load(sample)}
          >
            <img src={sampleFile(sample)} alt="" width="96" height="96" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Picture of a sample. */
export const fetchSample = async (sample: Sample): Promise<Blob> => (await fetch(sampleFile(sample))).blob();

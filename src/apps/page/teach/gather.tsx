/** First column: the classes and their faces. */
import type { VNode } from "preact";
import { Icon } from "../parts/icons.tsx";
import { fetchSample } from "../read/samplePicker.tsx";
import { teachSamples } from "../samples.ts";
import { ClassCard } from "./classCard.tsx";
import { eightClasses, isEmpty, newClass } from "./project.ts";
import type { Teaching } from "./teaching.ts";

export function Gather({ teaching }: { readonly teaching: Teaching }): VNode {
  const { classes } = teaching.project;
  return (
    <section class="column" aria-labelledby="gather-title">
      <h2 id="gather-title" class="step">
        <span class="step-number">1</span> Gather
      </h2>
      {isEmpty(teaching.project) && (
        <div class="card tinted">
          <p>Start with an example, or name your own classes below.</p>
          <div class="row">
            <button type="button" class="main" onClick={() => void fillWithExample(teaching)}>
              Use an example set
            </button>
            <button type="button" onClick={() => teaching.change(eightClasses)}>
              The eight expressions
            </button>
          </div>
          <p class="muted">The example has drawn faces of three expressions, five of each.</p>
        </div>
      )}
      {classes.map((own, place) => (
        <ClassCard key={own.id} teaching={teaching} own={own} place={place} />
      ))}
      <button type="button" class="add-class" onClick={() => teaching.addClass()}>
        <Icon name="plus" />
        Add a class
      </button>
    </section>
  );
}

/** Fills the project with drawn faces, class by class. */
async function fillWithExample(teaching: Teaching): Promise<void> {
  const names = [...new Set(teachSamples.map(({ expression }) => expression))];
  const classes = names.map((name) => newClass(name));
  teaching.change((project) => ({ ...project, classes }));
  for (const { id, name } of classes) {
    const samples = teachSamples.filter(({ expression }) => expression === name);
    await teaching.add(id, await Promise.all(samples.map(fetchSample)));
  }
}

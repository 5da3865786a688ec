/** View of the runs in the server's folder: grouped, sorted and filtered, with a comparison of two. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { commandText } from "../../../platform/command.ts";
import { messageOf } from "../../../platform/errors.ts";
import { usePage } from "../pageContext.ts";
import { Comparison, type Pair } from "./comparison.tsx";
import { groupRuns, matches, type Sorting } from "./groups.ts";
import { RunGroupCard } from "./runGroup.tsx";
import { fetchRun, listRuns, type RunSummary } from "./runs.ts";

/** Runs as far as they are known. */
type Loaded =
  | { readonly kind: "loading" | "no server" | "no folder" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "listed"; readonly runs: readonly RunSummary[] };

export function RunsView(): VNode {
  const loaded = useRuns();
  const isComparable = loaded.kind === "listed" && loaded.runs.length > 1;
  return (
    <section aria-labelledby="runs-title" class="view">
      <header class="view-head">
        <h1 id="runs-title">Runs</h1>
        <p class="lead">
          Trainings in the server's folder, on their validation split.
          {isComparable && " Choose two to compare them."}
        </p>
      </header>
      <Content loaded={loaded} />
    </section>
  );
}

function useRuns(): Loaded {
  const { hasServer } = usePage();
  const loaded = useSignal<Loaded>({ kind: "loading" });
  const isServed = hasServer.value;
  useEffect(() => {
    if (isServed !== true) return;
    listRuns().then(
      (runs) => {
        loaded.value = runs === undefined ? { kind: "no folder" } : { kind: "listed", runs };
      },
      (cause) => {
        loaded.value = { kind: "failed", message: messageOf(cause) };
      },
    );
  }, [isServed, loaded]);
  return isServed === false ? { kind: "no server" } : loaded.value;
}

function Content({ loaded }: { readonly loaded: Loaded }): VNode {
  if (loaded.kind === "loading") return <p class="muted">Loading the runs…</p>;
  if (loaded.kind === "failed") return <Empty>The runs cannot be listed: {loaded.message}</Empty>;
  if (loaded.kind === "listed" && loaded.runs.length > 0) return <RunList runs={loaded.runs} />;
  if (loaded.kind === "listed") return <Empty>There is no run in the server's folder yet.</Empty>;
  return (
    <Empty>
      {loaded.kind === "no server"
        ? "Runs are on a server. Start it with "
        : "This server was started without a folder of runs. Start it again with "}
      <code>{commandText("serve --runs runs")}</code>.
    </Empty>
  );
}

const Empty = ({ children }: { readonly children: ComponentChildren }): VNode => (
  <div class="card empty-card">
    <p>{children}</p>
  </div>
);

function RunList({ runs }: { readonly runs: readonly RunSummary[] }): VNode {
  const filter = useSignal("");
  const sorting = useSignal<Sorting>({ by: "accuracy", isDescending: true });
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const groups = groupRuns(
    runs.filter((run) => matches(run, filter.value)),
    sorting.value,
  );
  const choose = (name: string, isChosen: boolean) => {
    const others = [...chosen.value].filter((each) => each !== name);
    // The third choice replaces the first.
    chosen.value = new Set(isChosen ? [...others.slice(-1), name] : others);
  };
  return (
    <>
      <div class="row spread runs-bar">
        <label class="filter">
          <span class="sight">Filter the runs</span>
          <input
            type="search"
            placeholder="Filter by name, variant, data…"
            value={filter.value}
            onInput={({ currentTarget }) => {
              filter.value = currentTarget.value;
            }}
          />
        </label>
        <Sort sorting={sorting.value} sort={(next) => (sorting.value = next)} />
      </div>
      {groups.length === 0 && <p class="muted">No run matches.</p>}
      <Compared chosen={chosen.value} clear={() => (chosen.value = new Set())} />
      {groups.map((group) => (
        <RunGroupCard
          key={group.folder}
          group={group}
          sorting={sorting.value}
          sort={(next) => (sorting.value = next)}
          chosen={chosen.value}
          choose={choose}
        />
      ))}
    </>
  );
}

interface SortProps {
  readonly sorting: Sorting;
  readonly sort: (sorting: Sorting) => void;
}

/** Order of the cards on phones, where the columns have no headings. */
const Sort = ({ sorting, sort }: SortProps): VNode => (
  <label class="sort">
    Sort by{" "}
    <select
      value={sorting.by}
      onChange={({ currentTarget }) => {
        const { value } = currentTarget;
        if (value === "name" || value === "lr") sort({ by: value, isDescending: false });
        else if (value === "accuracy" || value === "uar" || value === "changed")
          sort({ by: value, isDescending: true });
      }}
    >
      <option value="accuracy">accuracy</option>
      <option value="uar">UAR</option>
      <option value="name">name</option>
      <option value="lr">learning rate</option>
      <option value="changed">date</option>
    </select>
  </label>
);

interface ComparedProps {
  readonly chosen: ReadonlySet<string>;
  readonly clear: () => void;
}

/** The two chosen runs beside each other. */
function Compared({ chosen, clear }: ComparedProps): VNode {
  const pair = useSignal<Pair | undefined>(undefined);
  const error = useSignal<string | undefined>(undefined);
  const names = [...chosen];
  const key = names.join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks when other runs are chosen
  useEffect(() => {
    pair.value = undefined;
    error.value = undefined;
    const [first, second] = names;
    if (second === undefined) return;
    let isCurrent = true;
    Promise.all([fetchRun(first), fetchRun(second)]).then(
      (both) => {
        if (isCurrent) pair.value = both;
      },
      (cause) => {
        if (isCurrent) error.value = messageOf(cause);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  const [first, second] = names;
  return (
    <>
      <p role="status" class={first === undefined ? "sight" : "muted"}>
        {error.value ?? textOf(first, second)}
      </p>
      {pair.value !== undefined && <Comparison pair={pair.value} close={clear} />}
    </>
  );
}

function textOf(first: string | undefined, second: string | undefined): string {
  if (first === undefined) return "";
  return second === undefined
    ? `${first} is chosen: choose another run to compare.`
    : `${first} and ${second} are compared below.`;
}

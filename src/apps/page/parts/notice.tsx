/** Notice on intended use: one line at the first visit, the whole text on request and before the camera is first opened. */
import { signal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";

/** What the user has seen: nothing, the line, or the whole text. */
type Seen = "nothing" | "line" | "text";

const key = "mpa-fer notice seen";
/** The whole text, as earlier versions of the page stored it. */
const stored: Readonly<Record<string, Seen>> = { line: "line", yes: "text" };

const seen = signal<Seen>(stored[localStorage.getItem(key) ?? ""] ?? "nothing");
/** What to do once the text was accepted; undefined while the dialog is closed. */
const opened = signal<{ readonly next: () => void; readonly isRequired: boolean } | undefined>(undefined);

function mark(next: Exclude<Seen, "nothing">): void {
  seen.value = next;
  localStorage.setItem(key, next === "text" ? "yes" : "line");
}

/** Does this at once, or after the user has accepted the whole text. */
export function afterNotice(next: () => void): void {
  if (seen.value === "text") next();
  else opened.value = { next, isRequired: true };
}

/** Opens the whole text. */
export const showNotice = (): void => {
  opened.value = { next: () => undefined, isRequired: false };
};

export function NoticeLine(): VNode | null {
  if (seen.value !== "nothing") return null;
  return (
    <div class="notice-line" role="note">
      <p>
        It reads expressions, not feelings. Do not judge anybody by it.{" "}
        <button type="button" class="link" onClick={showNotice}>
          Learn more
        </button>
      </p>
      <button type="button" class="quiet" aria-label="Dismiss the notice" onClick={() => mark("line")}>
        <Icon name="close" />
      </button>
    </div>
  );
}

export function NoticeDialog(): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  const asked = opened.value;
  useSignalEffect(() => {
    if (opened.value === undefined) ref.current?.close();
    else ref.current?.showModal();
  });
  const close = () => {
    opened.value = undefined;
  };
  const accept = () => {
    mark("text");
    close();
    asked?.next();
  };
  return (
    <dialog id="notice" ref={ref} aria-labelledby="notice-title" onClose={close}>
      <h2 id="notice-title">Intended use and limitations</h2>
      <ul>
        <li>
          It reads expressions, not feelings. People smile when they are not happy, and are happy without a smile.
        </li>
        <li>
          Its errors differ between people: by age, sex, skin, culture, glasses, hair. Do not rank or judge anybody by
          it.
        </li>
        <li>
          The EU AI Act (Article 5) forbids systems that infer emotions of people at work and in schools, except for
          medical or safety reasons.
        </li>
        <li>It is good for research, for teaching, for your own pictures and for those of people who agreed.</li>
      </ul>
      <div class="row end">
        {asked?.isRequired === true && (
          <button type="button" onClick={close}>
            Cancel
          </button>
        )}
        <button type="button" class="main" onClick={accept}>
          I understand
        </button>
      </div>
    </dialog>
  );
}

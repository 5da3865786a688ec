/**
 * Report of a run in a dialog, inside a frame with the report's own content security policy. A frame cannot send the server's
 * token, so the report can be saved and read then.
 */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icons.tsx";
import { fetchReport, reportAddress } from "./runs.ts";

export function ReportButton({ name }: { readonly name: string }): VNode {
  const isOpen = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="link"
        aria-label={`report of ${name}`}
        onClick={() => {
          isOpen.value = true;
        }}
      >
        <Icon name="report" />
        Report
      </button>
      {isOpen.value && (
        <ReportDialog
          name={name}
          close={() => {
            isOpen.value = false;
          }}
        />
      )}
    </>
  );
}

function ReportDialog({ name, close }: { readonly name: string; readonly close: () => void }): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  const href = useSignal<string | undefined>(undefined);
  const title = `Report of ${name}`;
  useEffect(() => {
    ref.current?.showModal();
    let url: string | undefined;
    let isOpen = true;
    fetchReport(name).then(
      (html) => {
        if (!isOpen) return;
        url = URL.createObjectURL(html);
        href.value = url;
      },
      () => undefined,
    );
    return () => {
      isOpen = false;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [name, href]);
  return (
    <dialog class="report" ref={ref} aria-label={title} onClose={close}>
      <div class="row spread">
        <strong>{title}</strong>
        <span class="row">
          {href.value !== undefined && (
            <a class="button" href={href.value} download={`${name.replaceAll("/", "-")}.html`}>
              <Icon name="download" />
              Save
            </a>
          )}
          <button type="button" onClick={() => ref.current?.close()}>
            Close
          </button>
        </span>
      </div>
      <iframe title={title} sandbox="" src={reportAddress(name)} />
    </dialog>
  );
}

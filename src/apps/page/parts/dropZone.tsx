/** Area for pictures that are dropped or chosen; it says which files it passed over. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";
import { chosenFiles } from "./chosenFiles.ts";
import { Icon } from "./icons.tsx";

export interface DropZoneProps {
  readonly label: string;
  readonly class?: string;
  readonly add: (files: readonly File[]) => void;
  readonly children?: ComponentChildren;
}

export function DropZone({ label, add, children, class: more = "" }: DropZoneProps): VNode {
  const id = useId();
  const isOver = useSignal(false);
  const refused = useSignal<string | undefined>(undefined);
  const take = (files: FileList | null | undefined) => {
    const { pictures, passedOver } = chosenFiles([...(files ?? [])]);
    refused.value = passedOver;
    if (pictures.length > 0) add(pictures);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut of the button inside
    <div
      class={`drop ${more} ${isOver.value ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => {
        isOver.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      {children}
      <span>
        <input
          id={id}
          class="sight"
          type="file"
          accept="image/*,.heic,.heif"
          multiple
          onChange={({ currentTarget }) => {
            take(currentTarget.files);
            // Lets the user choose the same file again.
            currentTarget.value = "";
          }}
        />
        <label for={id} class="button main">
          <Icon name="upload" />
          {label}
        </label>
      </span>
      <p role="status" class={refused.value === undefined ? "sight" : "refused"}>
        {refused.value !== undefined && `${refused.value}. Use JPEG, PNG, WebP, GIF, AVIF or BMP pictures.`}
      </p>
    </div>
  );
}

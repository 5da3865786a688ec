/** Card of one picture: its faces marked, and their expressions beside it. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { Size } from "../../../pictures/image.ts";
import { kindByName } from "../../../pictures/kinds.ts";
import { usePage } from "../pageContext.ts";
import { Icon } from "../parts/icons.tsx";
import { Explanation } from "../results/explanation.tsx";
import { FaceList } from "../results/faceList.tsx";
import { faceSelection } from "../results/selection.ts";
import { Stage } from "../results/stage.tsx";
import type { Outcome, ReadPicture } from "./pictureReader.ts";

export interface PictureCardProps {
  readonly picture: ReadPicture;
  /** name of the card, if not the picture's */
  readonly title?: string;
  readonly remove?: () => void;
  readonly readAgain?: () => void;
}

export function PictureCard({ picture, title, remove, readAgain }: PictureCardProps): VNode {
  const size = useSignal<Size | undefined>(undefined);
  const selection = useMemo(() => faceSelection(), []);
  const outcome = picture.outcome.value;
  const isRead = outcome.kind === "read";
  return (
    <article class="card result" aria-label={picture.name}>
      <div class="card-head">
        <h2 class="card-title">{title ?? picture.name}</h2>
        {remove !== undefined && (
          <button type="button" class="quiet" aria-label={`Remove ${picture.name}`} onClick={remove}>
            <Icon name="close" />
          </button>
        )}
      </div>
      <div class="answer">
        <Stage
          faces={isRead ? outcome.faces : []}
          classes={isRead ? outcome.classes : []}
          size={size.value}
          selection={selection}
        >
          <img
            src={picture.url}
            alt={picture.name}
            class={outcome.kind === "failed" && size.value === undefined ? "sight" : ""}
            onLoad={({ currentTarget }) => {
              size.value = { width: currentTarget.naturalWidth, height: currentTarget.naturalHeight };
            }}
          />
          {outcome.kind === "failed" && size.value === undefined && <NoPreview />}
        </Stage>
        <div class="answer-side">
          {isRead ? (
            <>
              <FaceList
                faces={outcome.faces}
                classes={outcome.classes}
                selection={selection}
                more={(index) => (
                  <Explanation
                    key={outcome.mode}
                    label={outcome.faces[index].label}
                    classes={outcome.classes}
                    explain={(target) => outcome.explain(index, target)}
                  />
                )}
              />
              <ReadBy mode={outcome.mode} readAgain={readAgain} />
            </>
          ) : (
            <Pending name={picture.name} outcome={outcome} />
          )}
        </div>
      </div>
    </article>
  );
}

const NoPreview = (): VNode => (
  <div class="no-preview">
    <Icon name="warning" />
    <span>No preview</span>
  </div>
);

interface PendingProps {
  readonly name: string;
  readonly outcome: Exclude<Outcome, { readonly kind: "read" }>;
}

function Pending({ name, outcome }: PendingProps): VNode {
  const { state } = usePage();
  if (outcome.kind === "failed") return <Failure name={name} message={outcome.message} />;
  const text = state.value.kind === "loading" ? "Loading the model…" : "Reading…";
  return (
    <div class="pending">
      <p class="muted">{outcome.kind === "waiting" ? "Waiting…" : text}</p>
      {[0, 1, 2].map((row) => (
        <span key={row} class="skeleton" />
      ))}
    </div>
  );
}

const Failure = ({ name, message }: { readonly name: string; readonly message: string }): VNode => (
  <div class="empty-note">
    <strong>This picture cannot be read.</strong>
    <p class="bad">{message}</p>
    {kindByName(name)?.name === "HEIC" && (
      <p class="muted">
        iPhones make HEIC pictures. Export the picture as JPEG, or set Settings › Camera › Formats to “Most Compatible”.
      </p>
    )}
  </div>
);

/** Says who read the picture, where that is not who reads now. */
function ReadBy({ mode, readAgain }: { readonly mode: "server" | "browser"; readonly readAgain?: () => void }) {
  const { state } = usePage();
  if (state.value.mode === mode || readAgain === undefined) return null;
  return (
    <p class="muted row">
      {mode === "server" ? "Read on your server." : "Read on your device."}
      <button type="button" class="link" onClick={readAgain}>
        {mode === "server" ? "Read again on your device" : "Read again on your server"}
      </button>
    </p>
  );
}

/** Faces in front of the camera, frame after frame, with their expressions. */
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { labelText } from "../../../faces/answerText.ts";
import { type TrackedFace, unsmoothed } from "../../../faces/smooth.ts";
import type { Size } from "../../../pictures/image.ts";
import { messageOf } from "../../../platform/errors.ts";
import { readCamera } from "../model/cameraLoop.ts";
import type { EngineDescription } from "../model/engine.ts";
import { usePage } from "../pageContext.ts";
import { FaceList } from "../results/faceList.tsx";
import { faceSelection } from "../results/selection.ts";
import { Stage } from "../results/stage.tsx";
import { summary } from "../results/summary.ts";
import type { CameraStream } from "./cameraStream.ts";
import { CameraVideo } from "./cameraVideo.tsx";
import { frameRate } from "./frameRate.ts";

interface Frame {
  readonly faces: readonly TrackedFace[];
  readonly size: Size;
  readonly engine: EngineDescription;
}

/** Reads the camera while it is shown. */
export function LiveFaces({ camera, stop }: { readonly camera: CameraStream; readonly stop: () => void }): VNode {
  const { session } = usePage();
  const frame = useSignal<Frame | undefined>(undefined);
  const error = useSignal<string | undefined>(undefined);
  const rate = useSignal("");
  const isSmooth = useSignal(true);
  const selection = useMemo(() => faceSelection(), []);
  useEffect(() => {
    const measured = frameRate();
    const reading = new AbortController();
    const listener = {
      onFaces: (faces: readonly TrackedFace[], engine: EngineDescription) => {
        const { videoWidth: width, videoHeight: height } = camera.video;
        // In the order of their numbers, so that the cards stay where they are.
        frame.value = { faces: [...faces].sort((a, b) => a.track - b.track), size: { width, height }, engine };
        error.value = undefined;
        rate.value = measured.text(performance.now() / 1000);
      },
      onError: (cause: unknown) => {
        error.value = messageOf(cause);
      },
    };
    void readCamera(camera.video, () => session.engine(), listener, reading.signal);
    return () => reading.abort();
  }, [camera, session, frame, error, rate]);
  const { faces: read = [], engine, size } = frame.value ?? {};
  const faces =
    engine === undefined || isSmooth.value ? read : read.map((face) => unsmoothed(face, engine.unsureBelow));
  const classes = engine?.classes ?? [];
  return (
    <article class="card result" aria-label="Camera">
      <div class="card-head">
        <h2 class="card-title">Camera</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={isSmooth.value}
            onChange={({ currentTarget }) => {
              isSmooth.value = currentTarget.checked;
            }}
          />{" "}
          Smooth over time
        </label>
        <span class="muted rate">{rate}</span>
        <button type="button" onClick={stop}>
          Stop the camera
        </button>
      </div>
      <div class="answer">
        <Stage faces={faces} classes={classes} size={size} selection={selection} isMirrored>
          <CameraVideo camera={camera} />
        </Stage>
        <div class="answer-side">
          {error.value !== undefined && <p class="bad">{error}</p>}
          {frame.value === undefined ? (
            <p class="muted">Looking for faces…</p>
          ) : (
            <FaceList faces={faces} classes={classes} selection={selection} />
          )}
        </div>
      </div>
      <Announcement faces={faces} isWaiting={frame.value === undefined} />
    </article>
  );
}

/** Tells a screen reader of changed labels only: it would otherwise read every frame. */
function Announcement({ faces, isWaiting }: { readonly faces: readonly TrackedFace[]; readonly isWaiting: boolean }) {
  const labels = faces.map(labelText).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text changes with the labels, not with the probabilities
  const text = useMemo(() => (isWaiting ? "" : summary(faces)), [labels, isWaiting]);
  return (
    <p class="sight" role="status">
      {text}
    </p>
  );
}

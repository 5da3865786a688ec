import type { FacePrediction } from "mpa-fer/browser";
import { useEffect, useState } from "react";
import { useRecognizer } from "./useRecognizer.ts";

/** The faces of a picture and their expressions. */
export function Expressions({ picture }: { readonly picture: Blob }) {
  const loading = useRecognizer();
  const [faces, setFaces] = useState<readonly FacePrediction[]>();
  const [failure, setFailure] = useState<string>();
  const fer = loading.state === "ready" ? loading.fer : undefined;

  useEffect(() => {
    const stop = new AbortController();
    setFaces(undefined);
    setFailure(undefined);
    fer?.predict(picture, { signal: stop.signal }).then(
      (found) => !stop.signal.aborted && setFaces(found),
      (error: unknown) => !stop.signal.aborted && setFailure(String(error)),
    );
    return () => stop.abort();
  }, [fer, picture]);

  if (loading.state === "failed") return <p role="alert">{loading.message}</p>;
  if (failure !== undefined) return <p role="alert">{failure}</p>;
  if (faces === undefined) return <p role="status">Looking…</p>;
  return (
    <ol aria-label="Faces">
      {faces.map(({ box, label, score }) => (
        <li key={box.join()}>
          {label}, {Math.round(100 * score)} %
        </li>
      ))}
    </ol>
  );
}

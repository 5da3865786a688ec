import { ExpressionRecognizer, type RecognizerOptions } from "mpa-fer/browser";
import { useEffect, useState } from "react";

export type Loading =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly fer: ExpressionRecognizer }
  | { readonly state: "failed"; readonly message: string };

/** A recogniser that lives as long as the component; `options` must not change. */
export function useRecognizer(options?: RecognizerOptions): Loading {
  const [loading, setLoading] = useState<Loading>({ state: "loading" });
  useEffect(() => {
    const stop = new AbortController();
    const loaded = ExpressionRecognizer.load(options, { signal: stop.signal });
    loaded.then(
      (fer) => !stop.signal.aborted && setLoading({ state: "ready", fer }),
      (error: unknown) => !stop.signal.aborted && setLoading({ state: "failed", message: String(error) }),
    );
    return () => {
      stop.abort();
      loaded.then((fer) => fer.dispose()).catch(() => undefined);
    };
  }, [options]);
  return loading;
}

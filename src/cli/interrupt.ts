/** Ctrl-C: once to stop after the step in work, twice to stop at once. */

const signals = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof signals)[number];

export interface SignalSource {
  on(signal: Signal, listener: () => void): unknown;
  off(signal: Signal, listener: () => void): unknown;
}

export interface InterruptOptions {
  readonly source: SignalSource;
  /** tells the user, over whatever is on the line */
  say(line: string): void;
  exit(code: number): void;
}

export interface Interrupt {
  /** aborts at the first signal */
  readonly signal: AbortSignal;
  /** gives the signals back to whoever had them */
  dispose(): void;
}

/** The exit code of a process that Ctrl-C ended: 128 + SIGINT. */
const killed = 130;

export function listenForInterrupt({ source, say, exit }: InterruptOptions): Interrupt {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      say("stopped");
      exit(killed);
      return;
    }
    say("stopping after this step; press again to stop at once");
    controller.abort();
  };
  for (const signal of signals) source.on(signal, onSignal);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) source.off(signal, onSignal);
    },
  };
}

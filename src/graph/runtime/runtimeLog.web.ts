/** The log of ONNX Runtime's WebAssembly, which writes it to `console.error`. */
import { isLogLine } from "./placementLog.ts";

let log: string[] | undefined;
const { error } = console;

/** What the runtime calls for each line of its log. */
function listener(...given: unknown[]): void {
  const [line] = given;
  if (log !== undefined && typeof line === "string" && isLogLine(line)) log.push(line);
  else error.apply(console, given);
}

let waiting: Promise<unknown> = Promise.resolve();

/**
 * Opens a session. The runtime takes `console.error` once, when its first session is opened, and must find the listener there: it
 * hands everything on but for what `logOf` asks for.
 */
export function throughListener<Result>(open: () => Promise<Result>): Promise<Result> {
  return inTurn(async () => {
    const before = console.error;
    console.error = listener;
    try {
      return await open();
    } finally {
      console.error = before;
    }
  });
}

/** The lines that the runtime logs during some work, whether it succeeds or fails; none where it was started by other code. */
export function logOf(work: () => Promise<void>): Promise<readonly string[]> {
  return inTurn(async () => {
    const lines: string[] = [];
    log = lines;
    // What was logged before it failed may tell.
    await work().catch(() => undefined);
    log = undefined;
    return lines;
  });
}

/** One after another: there is one console. */
function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = waiting.then(work);
  waiting = result.catch(() => undefined);
  return result;
}

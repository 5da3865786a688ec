/** Entry point of a trial's process, separate because a driver may end it. Its messages are what is known so far, then the result. */
import { tryProvider } from "./trial.ts";

const [, , provider, seconds] = process.argv;
const trial = await tryProvider(provider, Number(seconds), (known) => process.send?.(known));
process.send?.(trial, undefined, undefined, () => process.exit());

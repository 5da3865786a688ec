/** Entry point of a trial's process, separate because a driver may end it. Its message is the trial's result. */
import { tryProvider } from "./trial.ts";

const [, , provider, seconds] = process.argv;
const trial = await tryProvider(provider, Number(seconds));
process.send?.(trial, undefined, undefined, () => process.exit());

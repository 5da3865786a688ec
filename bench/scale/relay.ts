/**
 * TCP relay that adds latency in each direction, for kernels without `netem`. A line sets the milliseconds.
 * Arguments: the port to listen on, the port to forward to.
 */
import { connect, createServer, type Socket } from "node:net";
import { answerLines } from "./lines.ts";

const [from, to] = process.argv.slice(2).map(Number);
let delay = 0;

createServer({ noDelay: true }, (near) => {
  const far = connect({ port: to, host: "127.0.0.1", noDelay: true });
  pass(near, far);
  pass(far, near);
}).listen(from, "0.0.0.0");

function pass(source: Socket, target: Socket): void {
  const late = (act: () => void) => (delay > 0 ? void setTimeout(act, delay) : act());
  source.on("data", (chunk) => late(() => target.write(chunk)));
  source.on("end", () => late(() => target.end()));
  source.on("error", () => target.destroy());
}

await answerLines(async (line) => {
  delay = Number(line);
  return "set";
});

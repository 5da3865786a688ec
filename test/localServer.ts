/** What the tests' own HTTP servers share: a free port of this machine, and an end that waits for nobody. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export abstract class LocalServer {
  /** where it answers, once it listens */
  endpoint = "";
  readonly #server = createServer((request, response) => void this.answer(request, response));

  protected abstract answer(request: IncomingMessage, response: ServerResponse): void | Promise<void>;

  /** Gives the endpoint. */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        this.endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
        resolve(this.endpoint);
      });
    });
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

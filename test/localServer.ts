/** Base of the tests' HTTP servers: a free local port, and a close that does not wait for open connections. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export abstract class LocalServer {
  /** base URL, once the server listens */
  endpoint = "";
  readonly #server = createServer((request, response) => void this.answer(request, response));

  protected abstract answer(request: IncomingMessage, response: ServerResponse): void | Promise<void>;

  /** Starts the server and returns the base URL. */
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

/**
 * Relay to the npm registry for a process in an isolated network namespace, through a Unix socket, which works across namespaces.
 */
import http from "node:http";
import https from "node:https";
import net from "node:net";

/** Outer side: forwards connections on a socket file to the registry at `address`. */
export async function relayRegistry(address: URL, socket: string): Promise<http.Server> {
  const { request } = address.protocol === "https:" ? https : http;
  const server = http.createServer((asked, answer) => {
    const url = new URL(address.pathname.replace(/\/$/, "") + (asked.url ?? ""), address);
    const onward = request(url, { method: asked.method, headers: { ...asked.headers, host: url.host } }, (came) => {
      answer.writeHead(came.statusCode ?? 502, came.headers);
      came.pipe(answer);
    });
    onward.on("error", (error) => answer.writeHead(502).end(error.message));
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return server;
}

/** Inner side: forwards a local port to the socket file; returns the URL of the registry. */
export async function openRegistry(socket: string): Promise<{ readonly url: string; close(): void }> {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const outside = net.connect(socket);
    for (const end of [client, outside]) {
      open.add(end);
      end.on("error", () => [client, outside].map((each) => each.destroy()));
      end.on("close", () => open.delete(end));
    }
    client.pipe(outside).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () => {
      server.close();
      for (const each of open) each.destroy();
    },
  };
}

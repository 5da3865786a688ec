/** Access control: known hosts and origins, the token if there is one, and security headers. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { HttpError } from "./httpError.ts";

export interface GuardOptions {
  /** names accepted in the Host header besides this machine's own, without a port */
  readonly hosts: readonly string[];
  /** other origins whose pages may send requests, such as https://example.org */
  readonly origins: readonly string[];
  /** whether any Host header is accepted, on a server that is open on purpose */
  readonly anyHost: boolean;
  readonly token?: string;
}

const ownNames = ["localhost", "127.0.0.1", "[::1]"];

/** Rejects unknown Host headers, which prevents DNS rebinding. */
export function guardHost({ hosts, anyHost }: GuardOptions): MiddlewareHandler {
  const known = new Set([...ownNames, ...hosts.map((host) => host.toLowerCase())]);
  return async (c, next) => {
    const name = (c.req.header("host") ?? "").toLowerCase().replace(/:\d+$/, "");
    if (!anyHost && !known.has(name)) throw new HttpError(403, "HOST", "this server does not answer under that name");
    await next();
  };
}

/** Rejects requests from other origins unless they are allowed; those receive CORS headers. */
export function guardOrigin({ origins }: GuardOptions): MiddlewareHandler {
  return async (c, next) => {
    const origin = c.req.header("origin");
    const isNamed = origin !== undefined && origins.includes(origin);
    const isOwn = origin === undefined || hostOf(origin) === c.req.header("host")?.toLowerCase();
    if (!isNamed && !isOwn) throw new HttpError(403, "ORIGIN", "pages of other origins may not ask this server");
    if (isNamed) {
      c.header("Access-Control-Allow-Origin", origin);
      c.header("Vary", "Origin");
    }
    if (!isNamed || c.req.method !== "OPTIONS") return await next();
    c.header("Access-Control-Allow-Methods", "GET, POST");
    c.header("Access-Control-Allow-Headers", "Authorization, Content-Type");
    return c.body(null, 204);
  };
}

/** Requires `Authorization: Bearer TOKEN`, compared in constant time. */
export function guardToken({ token }: GuardOptions): MiddlewareHandler {
  const wanted = token === undefined ? undefined : digest(token);
  return async (c, next) => {
    if (wanted !== undefined) {
      const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
      if (!timingSafeEqual(digest(given), wanted)) {
        throw new HttpError(401, "TOKEN", "the token is missing or wrong", { "WWW-Authenticate": "Bearer" });
      }
    }
    await next();
  };
}

/** Content security policy: scripts, workers, WebAssembly and requests of the own origin only. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval' blob:",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self' blob:",
  "frame-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy": policy,
  // together these two isolate the page, which threads of WebAssembly require
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

export const securityHeaders: MiddlewareHandler = async (c, next) => {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  await next();
};

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host.toLowerCase() : undefined;
}

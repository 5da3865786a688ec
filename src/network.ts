/** Whether the network may be asked: never without a name or an endpoint, and with --offline not even then; and how its addresses are told. */
import { MpaError } from "./errors.ts";

/** The environment carries it to processes that are started. */
export const offlineVariable = "MPA_FER_OFFLINE";

/** Throws NETWORK where the network is forbidden; `what` would need it. */
export function requireNetwork(what: string): void {
  if (process.env[offlineVariable] !== "1") return;
  throw new MpaError("NETWORK", `${what} needs the network, which --offline forbids`, undefined, "leave --offline out");
}

/** An address for people to read, and for records: no user, no password. */
export function withoutSecrets(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "the given address";
  }
}

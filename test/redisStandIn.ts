/**
 * In-memory server for the Redis commands that distributed training uses, over RESP 2: keys with an expiry, lists, blocking
 * pops and transactions. Its clock stands still unless a test advances it.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

type Reply = number | string | Buffer | null | Error | readonly Reply[];

interface Entry {
  readonly value: Buffer | Buffer[];
  /** seconds of the server's clock */
  readonly expires: number;
}

interface Waiter {
  readonly key: string;
  readonly isOpen: () => boolean;
  readonly take: (value: Buffer | null) => void;
}

/** Real milliseconds for each second of a blocking pop. */
const blockingSecond = 20;

export class RedisStandIn {
  readonly #entries = new Map<string, Entry>();
  readonly #sockets = new Set<Socket>();
  #waiters: Waiter[] = [];
  #server: Server | undefined;
  #port = 0;
  #clock = 0;
  #pause: Promise<void> | undefined;
  /** names of all commands so far */
  readonly received: string[] = [];

  static async start(): Promise<RedisStandIn> {
    const redis = new RedisStandIn();
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.#port = address.port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Cuts every connection and loses all data; the next start uses the same port. */
  async stop(): Promise<void> {
    const closed = this.#server === undefined ? undefined : once(this.#server, "close");
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#entries.clear();
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Accepts commands without answering until the returned function is called. */
  pause(): () => void {
    let release = () => {};
    this.#pause = new Promise((resolve) => {
      release = resolve;
    });
    return () => release();
  }

  /** Advances the clock. */
  pass(seconds: number): void {
    this.#clock += seconds;
  }

  /** Number of connections that wait for an item of this list. */
  waiting(key: string): number {
    return this.#waitersOf(key).length;
  }

  keys(): string[] {
    return [...this.#entries.keys()].filter((key) => this.#find(key) !== undefined).sort();
  }

  /** Seconds until the key expires. */
  ttl(key: string): number | undefined {
    const entry = this.#find(key);
    return entry && entry.expires - this.#clock;
  }

  /** Items of a list, first to last. */
  list(key: string): readonly Buffer[] {
    const value = this.#find(key)?.value ?? [];
    return Array.isArray(value) ? value : [];
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expires <= this.#clock ? undefined : entry;
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    const connection: Connection = { isOpen: () => !socket.destroyed, queued: undefined };
    for await (const words of requests(socket)) {
      await this.#pause;
      const reply = await this.#answer(words, connection);
      if (!socket.destroyed) socket.write(encode(reply));
    }
  }

  #answer([name, ...words]: readonly Buffer[], connection: Connection): Reply | Promise<Reply> {
    const command = String(name).toUpperCase();
    this.received.push(command);
    if (command === "MULTI") {
      connection.queued = [];
      return "OK";
    }
    const { queued } = connection;
    if (command === "EXEC") {
      connection.queued = undefined;
      return (queued ?? []).map((each) => this.#now(each));
    }
    if (queued !== undefined) {
      queued.push([name, ...words]);
      return "QUEUED";
    }
    return command === "BLPOP" ? this.#pop(words, connection) : this.#now([name, ...words]);
  }

  /** Runs a command that does not block. */
  #now([name, ...words]: readonly Buffer[]): Reply {
    const [key, ...rest] = words.map(String);
    switch (String(name).toUpperCase()) {
      case "HELLO":
        return new Error("NOPROTO unsupported protocol version");
      case "CLIENT":
        return "OK";
      case "INFO":
        return Buffer.from("loading:0\r\n");
      case "PING":
        return "PONG";
      case "GET":
        return this.#string(key);
      case "EXISTS":
        return this.#find(key) === undefined ? 0 : 1;
      case "SET":
        if (rest[1] !== "EX") return new Error("ERR syntax error");
        this.#entries.set(key, { value: words[1], expires: this.#clock + Number(rest[2]) });
        return "OK";
      case "DEL":
        return [key, ...rest].filter((each) => this.#find(each) !== undefined && this.#entries.delete(each)).length;
      case "RPUSH":
        return this.#push(key, words.slice(1));
      case "LPOP":
        return this.#first(key);
      default:
        return new Error(`ERR unknown command '${name}'`);
    }
  }

  #string(key: string): Reply {
    const value = this.#find(key)?.value ?? null;
    return Array.isArray(value) ? new Error("WRONGTYPE") : value;
  }

  #push(key: string, values: readonly Buffer[]): number {
    const items = [...this.list(key), ...values];
    this.#entries.set(key, { value: items, expires: Number.POSITIVE_INFINITY });
    for (const { take } of this.#waitersOf(key)) {
      const item = this.#first(key);
      if (item !== null) take(item);
    }
    return items.length;
  }

  #first(key: string): Buffer | null {
    const [first, ...rest] = this.list(key);
    // An empty list does not exist as a key.
    if (rest.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, { value: rest, expires: Number.POSITIVE_INFINITY });
    return first ?? null;
  }

  async #pop([name, seconds]: readonly Buffer[], { isOpen }: Connection): Promise<Reply> {
    const key = String(name);
    const item = this.#first(key) ?? (await this.#arrival(key, Number(seconds) * blockingSecond, isOpen));
    return item && [name, item];
  }

  /** Blocking pops of this key whose connection is still open. */
  #waitersOf(key: string): Waiter[] {
    return this.#waiters.filter((each) => each.key === key && each.isOpen());
  }

  #arrival(key: string, milliseconds: number, isOpen: () => boolean): Promise<Buffer | null> {
    return new Promise((resolve) => {
      const take = (item: Buffer | null) => {
        clearTimeout(timer);
        this.#waiters = this.#waiters.filter((each) => each !== waiter);
        resolve(item);
      };
      const waiter: Waiter = { key, isOpen, take };
      const timer = setTimeout(() => take(null), milliseconds);
      this.#waiters.push(waiter);
    });
  }
}

interface Connection {
  readonly isOpen: () => boolean;
  /** commands since MULTI */
  queued: (readonly Buffer[])[] | undefined;
}

/** Parses the commands of a connection, which clients send as arrays of bulk strings. */
async function* requests(socket: Socket): AsyncGenerator<readonly Buffer[]> {
  let bytes: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk]);
      for (let found = request(bytes); found !== undefined; found = request(bytes)) {
        bytes = bytes.subarray(found.end);
        yield found.words;
      }
    }
  } catch {
    // The connection was cut.
  }
}

/** Parses the first command and returns its end; `undefined` if it is incomplete. */
function request(bytes: Buffer): { readonly words: readonly Buffer[]; readonly end: number } | undefined {
  let at = 0;
  const number = () => {
    const end = bytes.indexOf("\r\n", at);
    const value = end < 0 ? undefined : Number(bytes.toString("latin1", at + 1, end));
    at = end + 2;
    return value;
  };
  const count = number();
  if (count === undefined) return undefined;
  const words: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const length = number();
    if (length === undefined || bytes.length < at + length + 2) return undefined;
    words.push(bytes.subarray(at, at + length));
    at += length + 2;
  }
  return { words, end: at };
}

function encode(reply: Reply): Buffer {
  if (reply === null) return Buffer.from("$-1\r\n");
  if (typeof reply === "number") return Buffer.from(`:${reply}\r\n`);
  if (typeof reply === "string") return Buffer.from(`+${reply}\r\n`);
  if (reply instanceof Error) return Buffer.from(`-${reply.message}\r\n`);
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from("\r\n")]);
  return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(encode)]);
}

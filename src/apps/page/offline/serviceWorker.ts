/** Answers from what was loaded before where there is no network. Nothing of `api/` is ever kept. */

declare const self: ServiceWorkerGlobalScope;
/** the package's version, put in by the build: another version starts with an empty cache */
declare const packageVersion: string;

const cacheName = `mpa-fer ${packageVersion}`;

self.addEventListener("install", () => void self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(deleteOthers().then(() => self.clients.claim()));
});

self.addEventListener("message", ({ data }) => {
  const addresses: unknown = data?.keep;
  if (!Array.isArray(addresses)) return;
  for (const address of addresses) if (isKept(new URL(String(address)))) void refresh(new Request(String(address)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !isKept(new URL(request.url))) return;
  event.respondWith(new URL(request.url).pathname.includes("/assets/") ? fromCache(request) : fromNetwork(request));
});

/** A file whose name says its content never changes. */
async function fromCache(request: Request): Promise<Response> {
  return (await (await caches.open(cacheName)).match(request)) ?? refresh(request);
}

async function fromNetwork(request: Request): Promise<Response> {
  try {
    return await refresh(request);
  } catch (error) {
    const kept = await (await caches.open(cacheName)).match(request, { ignoreSearch: true });
    if (kept !== undefined) return kept;
    throw error;
  }
}

async function refresh(request: Request): Promise<Response> {
  const response = await fetch(request);
  // Also that a file is missing is worth knowing later.
  if (response.status < 500 && response.status !== 206)
    await (await caches.open(cacheName)).put(request, response.clone());
  return response;
}

const isKept = (url: URL): boolean => url.origin === self.location.origin && !url.pathname.includes("/api/");

async function deleteOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("mpa-fer ") && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}

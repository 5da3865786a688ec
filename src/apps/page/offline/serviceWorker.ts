/** Service worker that answers from its cache when there is no network. Responses of `api/` are never cached. */

declare const self: ServiceWorkerGlobalScope;
/** version of the package, set by the build; a new version starts with an empty cache */
declare const packageVersion: string;

const cacheName = `mpa-fer ${packageVersion}`;

self.addEventListener("install", () => void self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(deleteOthers().then(() => self.clients.claim()));
});

self.addEventListener("message", ({ data }) => {
  const addresses: unknown = data?.keep;
  if (!Array.isArray(addresses)) return;
  for (const address of addresses) if (isCached(new URL(String(address)))) void refresh(new Request(String(address)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !isCached(new URL(request.url))) return;
  event.respondWith(new URL(request.url).pathname.includes("/assets/") ? fromCache(request) : fromNetwork(request));
});

/** Cache first, for files whose name contains a hash of their content. */
async function fromCache(request: Request): Promise<Response> {
  return (await (await caches.open(cacheName)).match(request)) ?? refresh(request);
}

async function fromNetwork(request: Request): Promise<Response> {
  try {
    return await refresh(request);
  } catch (error) {
    const cached = await (await caches.open(cacheName)).match(request, { ignoreSearch: true });
    if (cached !== undefined) return cached;
    throw error;
  }
}

async function refresh(request: Request): Promise<Response> {
  const response = await fetch(request);
  // A missing file is cached as well.
  if (response.status < 500 && response.status !== 206)
    await (await caches.open(cacheName)).put(request, response.clone());
  return response;
}

const isCached = (url: URL): boolean => url.origin === self.location.origin && !url.pathname.includes("/api/");

async function deleteOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("mpa-fer ") && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Keeps the page for use without a network. */

/** milliseconds */
const patience = 2000;

/** Starts the service worker and waits until it hears what the page loads. Without one the page works online only. */
export async function startOffline(): Promise<void> {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  const controlled = navigator.serviceWorker.controller
    ? Promise.resolve()
    : new Promise<void>((resolve) => {
        navigator.serviceWorker.addEventListener("controllerchange", () => resolve(), { once: true });
      });
  try {
    await navigator.serviceWorker.register(new URL("./serviceWorker.js", document.baseURI), { type: "module" });
  } catch {
    return;
  }
  // A forced reload goes past the worker and never hears of it.
  await Promise.race([controlled, new Promise((resolve) => setTimeout(resolve, patience))]);
  // What came before the worker listened.
  const addresses = performance.getEntriesByType("resource").map(({ name }) => name);
  navigator.serviceWorker.controller?.postMessage({ keep: [location.href.split("#")[0], ...addresses] });
}

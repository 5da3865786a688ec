/** Registration of the service worker, so that the page works without a network. */
import { allSamples, exampleFile, sampleFile } from "../samples.ts";

/** Time to wait for the service worker, milliseconds. */
const patience = 2000;

/** Registers the service worker and waits until it controls the page. Without one the page works online only. */
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
  // A forced reload bypasses the service worker, so it never controls the page.
  await Promise.race([controlled, new Promise((resolve) => setTimeout(resolve, patience))]);
  // Files that were loaded before the service worker was active.
  const addresses = performance.getEntriesByType("resource").map(({ name }) => name);
  const samples = [exampleFile, ...allSamples.map(sampleFile)].map((file) => new URL(file, document.baseURI).href);
  navigator.serviceWorker.controller?.postMessage({ keep: [location.href.split("#")[0], ...addresses, ...samples] });
}

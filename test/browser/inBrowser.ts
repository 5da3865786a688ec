/** What tests call in the browser; each call gives plain data. */
import { openSession } from "../../src/runtime/web.ts";
import { type ContractRuntime, keepContract, sweepOperators } from "../sessionContract.ts";

const web: ContractRuntime = async (weights) => (model, options) =>
  openSession(model, { weightBytes: weights.length === 0 ? {} : { "weights.bin": weights }, ...options });

const inBrowser = {
  contract: () => keepContract(web),
  operators: () => sweepOperators(web),
};

declare global {
  interface Window {
    inBrowser: typeof inBrowser;
  }
}
window.inBrowser = inBrowser;

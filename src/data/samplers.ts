import { MpaError } from "../errors.ts";
import { Registry } from "../registry.ts";
import { balancedSampler } from "./balancedSampler.ts";
import { rootSampler } from "./rootSampler.ts";
import type { Sampler, SamplingRequest } from "./sampler.ts";
import { uniformSampler } from "./uniformSampler.ts";

/** Every sampler that `--sampler` knows. A new one is one file and one line here. */
export const samplers = new Registry<Sampler>("sampler", /^[a-z][\w-]*$/, [
  uniformSampler,
  rootSampler("square-root", Math.sqrt),
  rootSampler("cube-root", Math.cbrt),
  balancedSampler,
]);

/** An epoch's order by the sampler of this name. Throws USAGE for an unknown one, PLUGIN where its order is none. */
export function sampledOrder(name: string, request: SamplingRequest): readonly number[] {
  const order = samplers.get(name).order(request);
  const size = request.labels.length;
  const isIndex = (i: number) => Number.isInteger(i) && i >= 0 && i < size;
  if (order.length === size && order.every(isIndex)) return order;
  const what = `the sampler ${name} gave ${order.length} indices for ${size} images, or indices of none`;
  throw new MpaError("PLUGIN", what, `epoch ${request.epoch + 1}`, "correct its order()");
}

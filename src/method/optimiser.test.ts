import { expect, it } from "vitest";
import { schedules, sgd } from "./optimiser.ts";

const values = (...data: number[]) => ({ shape: [data.length], data: Float32Array.from(data) });

it("equals PyTorch's SGD with momentum and weight decay", () => {
  // torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.01), w = [1, -2], gradients [0.5, 1] then [-1, 0.25]
  const optimiser = sgd({ momentum: 0.9, weightDecay: 0.01 });
  const start = { w: values(1, -2) };
  const first = optimiser.update(start, { w: Float32Array.of(0.5, 1) }, optimiser.init(start), 0.1);
  expect(Array.from(first.prompts.w.data)).toEqual([Math.fround(0.949), Math.fround(-2.098)]);
  const second = optimiser.update(first.prompts, { w: Float32Array.of(-1, 0.25) }, first.state, 0.1);
  expect(second.prompts.w.data[0]).toBeCloseTo(1.002151, 6);
  expect(second.prompts.w.data[1]).toBeCloseTo(-2.209102, 6);
  expect(Array.from(start.w.data)).toEqual([1, -2]);
});

it("decays to zero by cosine", () => {
  const rate = schedules.cosine(0.032, 4);
  expect([0, 1, 2, 3, 4].map(rate).map((lr) => Number(lr.toFixed(6)))).toEqual([0.032, 0.027314, 0.016, 0.004686, 0]);
  expect(schedules.constant(0.5)(100)).toBe(0.5);
});

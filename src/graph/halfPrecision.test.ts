/** Operators in half precision, computed on the CPU: values and gradients near those of single precision, and sums that do not overflow. */
import { expect, it } from "vitest";
import { cosine } from "../../test/cosine.ts";
import { roundingHalf } from "../../test/roundingHalf.ts";
import { gradient } from "./gradient.ts";
import { toOnnx } from "./onnx.ts";
import { attention, cast, gelu, linear, matmul, mul, reduceSum, silu } from "./ops/index.ts";
import { openSession } from "./runtime/session.node.ts";
import { type Target, targets } from "./target.ts";
import { type DType, elements, input, type Tensor } from "./tensor.ts";

const shapes = { x: [6, 8], w: [8, 8], q: [2, 3, 8], k: [2, 5, 8], mask: [3, 5] } as const;
type Name = keyof typeof shapes;
const feeds = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], i) => [
    name,
    Float32Array.from({ length: elements(shape) }, (_, at) => 2 * Math.sin(7 * at + i)),
  ]),
);

/** The value of an expression over inputs cast to a type, and the gradients of a weighted sum of it with respect to them. */
async function compute(of: (given: (name: Name) => Tensor) => Tensor, dtype: DType, target: Target) {
  const used = new Map<Name, Tensor>();
  const given = (name: Name) => {
    const leaf = used.get(name) ?? input(name, shapes[name]);
    used.set(name, leaf);
    // A mask, of large numbers, is in single precision always.
    return name === "mask" ? leaf : cast(leaf, dtype);
  };
  const value = cast(of(given), "float32");
  const loss = reduceSum(
    mul(value, value),
    value.shape.map((_, axis) => axis),
  );
  const learned = [...used].filter(([name]) => name !== "mask");
  const grads = gradient(
    loss,
    learned.map(([, leaf]) => leaf),
  );
  const outputs = { value, ...Object.fromEntries(learned.map(([name], i) => [`gradient of ${name}`, grads[i]])) };
  const session = await openSession(toOnnx(roundingHalf(outputs), {}, { target }), { threads: 1 });
  return session.run(feeds).finally(() => session.dispose());
}

it.each<[string, (given: (name: Name) => Tensor) => Tensor]>([
  ["linear", (given) => linear(given("x"), given("w"), undefined, { alpha: 0.5 })],
  ["a product of batches", (given) => matmul(given("q"), given("k"), { transB: true, alpha: 0.5 })],
  ["attention", (given) => attention(given("q"), given("k"), given("k"), 2)],
  ["masked attention", (given) => attention(given("q"), given("k"), given("k"), 2, given("mask"))],
  ["SiLU", (given) => silu(given("x"))],
  ["GELU", (given) => gelu(given("x"))],
])("%s", async (_, of) => {
  for (const target of Object.values(targets)) {
    const exact = await compute(of, "float32", target);
    const rounded = await compute(of, "float16", target);
    expect(Object.keys(rounded)).toEqual(Object.keys(exact));
    for (const [name, values] of Object.entries(exact)) {
      const [single, half] = [values, rounded[name]].map((each) => Float32Array.from(each, Number));
      expect(cosine(half, single), `${name} for ${target.name}`).toBeGreaterThan(0.99998);
      expect(half, name).not.toEqual(single);
    }
  }
});

it("sums in single precision: 60,000 + 60,000 − 60,000 is no infinity", async () => {
  const sum = cast(reduceSum(cast(input("x", [3]), "float16"), [0]), "float32");
  const session = await openSession(toOnnx({ sum }), { threads: 1, optimisation: "disabled" });
  const results = await session.run({ x: Float32Array.of(60000, 60000, -60000) });
  expect(Array.from(results.sum, Number)).toEqual([60000]);
  await session.dispose();
});

it("takes and gives half precision as bits", async () => {
  const x = input("x", [2], "float16");
  const session = await openSession(toOnnx({ twice: mul(x, cast(input("two", []), "float16")) }), { threads: 1 });
  // 1.5 and −0.25 become 3 and −0.5.
  const { twice } = await session.run({ x: Uint16Array.of(0x3e00, 0xb400), two: Float32Array.of(2) });
  expect(twice).toEqual(Uint16Array.of(0x4200, 0xb800));
  await session.dispose();
});

/** Model repository on the hub server of the tests. */

const text = (value: string) => new TextEncoder().encode(value);
export const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251);
export const files = {
  "README.md": text("a card"),
  "config.json": text('{"model_type":"clip"}'),
  "flax_model.msgpack": text("other weights"),
  "merges.txt": text("a b\n"),
  "model.safetensors": weights,
  "preprocessor_config.json": text("{}"),
  "vocab.json": text("{}"),
};
export const commit = "0123456789abcdef0123456789abcdef01234567";
export const repo = "someone/clip";
export const name = { repo, revision: "main" };
/** Short retry delays for tests. */
export const patience = { tries: 3, firstWait: 1, longestWait: 5 };

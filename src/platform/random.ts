/**
 * A seeded random number generator. A stream is identified by a key (purpose, seed, epoch, index, …), and a key gives the same
 * numbers on every machine. Order, batches and augmentation therefore depend on the seed alone (docs/method.md, A step of
 * training), and a resume file needs no generator state.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare: number | undefined;

  constructor(...key: readonly (number | string)[]) {
    const hash = hashKey(key);
    this.#a = hash[0];
    this.#b = hash[1];
    this.#c = hash[2];
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** sfc32 (Doty-Humphrey, PractRand): an integer in [0, 2³²). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** A real in [low, high) with 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / 4294967296);
  }

  /** An integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** A draw from N(0, 1) by Box–Muller. */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** A draw from Beta(a, b), as X / (X + Y) of two gamma draws. */
  beta(a: number, b: number): number {
    const x = this.gamma(a);
    return x / (x + this.gamma(b));
  }

  /** A draw from Gamma(shape, 1) by Marsaglia and Tsang (2000); a shape below 1 through their section 6. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** A permutation of 0 … n−1 (Fisher–Yates). */
  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}

/** Three 32-bit words from a key, by FNV-1a over its text with MurmurHash3's finaliser. */
function hashKey(key: readonly (number | string)[]): [number, number, number] {
  const text = key.map((part) => `${typeof part}:${part}`).join("|");
  const word = (basis: number) => {
    let h = basis | 0;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x7f4a7c15)];
}

/** Texts as rows of token ids, all of one length: cut after the longest EOT, for nothing behind it is ever read. */
export interface TokenTable {
  /** one row a text, each at least `length` long */
  readonly ids: readonly Int32Array[];
  /** L: tokens up to and with the longest EOT */
  readonly length: number;
  /** the place of each text's EOT */
  readonly eot: readonly number[];
  /** the texts that were too long and lost tokens */
  readonly truncated: readonly string[];
}

/** What is needed of a tokenizer. */
export interface TextEncoder {
  readonly sot: number;
  readonly eot: number;
  /** padding behind EOT */
  readonly pad: number;
  /** ids without SOT and EOT */
  encode(text: string): readonly number[];
}

/**
 * [SOT, `places` slots, tokens(text), EOT] for each text. A text that is too long keeps its first tokens and its EOT,
 * `contextLength` in all (docs/method.md, Text features). The slots hold the padding id; soft prompts replace them.
 */
export function tokenTable(
  encoder: TextEncoder,
  texts: readonly string[],
  contextLength: number,
  places = 0,
): TokenTable {
  const room = contextLength - 2 - places;
  const truncated: string[] = [];
  const rows = texts.map((text) => {
    const tokens = encoder.encode(text);
    if (tokens.length > room) truncated.push(text);
    return [encoder.sot, ...Array<number>(places).fill(encoder.pad), ...tokens.slice(0, room), encoder.eot];
  });
  const length = Math.max(...rows.map((row) => row.length));
  const ids = rows.map((row) => Int32Array.from({ length }, (_, i) => row[i] ?? encoder.pad));
  return { ids, length, eot: rows.map((row) => row.length - 1), truncated };
}

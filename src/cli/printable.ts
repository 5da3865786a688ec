/** Names of files come from elsewhere; a terminal obeys control characters. */

/** Text from files and folders with its control characters made harmless for a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\u{fffd}");
}

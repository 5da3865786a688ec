/** Commands that a message tells the user to run. */

/** The program, as a shell finds it where the package is installed locally or globally, and in a checkout. */
const program = "npx mpa-fer";

/** A command as the user can type it: `commandText("train --help")` → "npx mpa-fer train --help". */
export const commandText = (args: string): string => `${program} ${args}`;

/** The remedy of a mistaken call: the help of a command, or the list of commands. */
export const helpHint = (command?: string): string =>
  `see ${commandText(command === undefined ? "--help" : `${command} --help`)}`;

/** A word that a POSIX shell reads as it is, in single quotes where it has other characters. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

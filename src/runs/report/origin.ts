/** Origins of figures: the command that makes them again, and the hash of their record. */
import { packageVersion, sha256 } from "../../platform/package.node.ts";
import type { Origin } from "./figure.ts";

/** Origin of the figures of a record; `of` is the folder or file that `mpa-fer figures` reads, `text` the record's content. */
export const originOf = ({
  of,
  record,
  text,
}: {
  readonly of: string;
  readonly record: string;
  readonly text: string;
}): Origin => ({
  ...{ command: `figures ${of}`, record, sha256: sha256(text), version: packageVersion() },
});

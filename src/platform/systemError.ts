/** Messages for system errors of file operations. */
import { type ErrorCode, MpaError, messageOf } from "./errors.ts";

/** The operation that failed. */
export type Access = "read" | "write";

/** Message, remedy and code of a system error. */
interface Meaning {
  readonly what: string;
  readonly fix: string;
  /** code for reading; that for writing is always WRITE */
  readonly code: ErrorCode;
}

const meanings: Readonly<Record<string, Meaning>> = {
  ENOENT: { code: "NOT_FOUND", what: "there is no such file or folder", fix: "check the path" },
  ENOTDIR: { code: "NOT_FOUND", what: "a part of the path is no folder", fix: "check the path" },
  EISDIR: { code: "NOT_FOUND", what: "it is a folder, not a file", fix: "name a file, or take the folder away" },
  ENAMETOOLONG: { code: "NOT_FOUND", what: "the name is too long for this system", fix: "use a shorter name" },
  ELOOP: { code: "NOT_FOUND", what: "its links lead in a circle", fix: "correct the links" },
  EACCES: { code: "ACCESS", what: "this user has no right to it", fix: "change its rights, or name another path" },
  EPERM: { code: "ACCESS", what: "the system does not allow it", fix: "change its rights, or name another path" },
  EROFS: { code: "ACCESS", what: "its file system is read-only", fix: "name another path" },
  ENOSPC: { code: "WRITE", what: "the disk is full", fix: "make room, then give the command again" },
  EDQUOT: { code: "WRITE", what: "the quota of the disk is used up", fix: "make room, then give the command again" },
  EMFILE: { code: "RUNTIME", what: "too many files are open", fix: "raise the limit of open files: ulimit -n 4096" },
  ENFILE: {
    code: "RUNTIME",
    what: "the system has too many open files",
    fix: "end other programs, or raise its limit",
  },
  EIO: { code: "RUNTIME", what: "the disk failed", fix: "check the disk, or use another one" },
};

const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Whether an error is a system error in the table; others are faults of this program. */
export const isSystemError = (error: unknown): error is Error => Object.hasOwn(meanings, errnoOf(error) ?? "");

/**
 * Converts a system error to an `MpaError`; an `MpaError` is returned unchanged. `where` is the path, by default that of the error.
 */
export function systemFailure(error: unknown, access: Access, where?: string): MpaError {
  if (error instanceof MpaError) return error;
  const meaning = meanings[errnoOf(error) ?? ""];
  const reason = meaning === undefined ? messageOf(error) : `${meaning.what}, ${errnoOf(error)}`;
  return new MpaError(access === "write" ? "WRITE" : (meaning?.code ?? "RUNTIME"), `cannot ${access} (${reason})`, {
    where: where ?? pathOf(error),
    fix: meaning?.fix ?? "check the folder, its rights and its space",
    cause: error,
  });
}

/** Converts a system error whose operation is unknown. */
export const strayFailure = (error: Error): MpaError => systemFailure(error, isWriteError(error) ? "write" : "read");

/** Whether an error is one of writing, by its code and system call. */
const isWriteError = (error: Error): boolean =>
  ["ENOSPC", "EDQUOT", "EROFS"].includes(errnoOf(error) ?? "") ||
  ("syscall" in error &&
    /^(write|mkdir|rename|unlink|rmdir|copyfile|rm|f?truncate|f?sync)/.test(String(error.syscall)));

const pathOf = (error: unknown): string | undefined =>
  error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : undefined;

/** Declarations that pages quote, found by name in the current source. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./contents.ts";

export interface Declaration {
  /** source with its doc comment */
  readonly code: string;
  /** line of the start of `code`, counted from 1 */
  readonly line: number;
}

/** Finds a top-level function, constant, class or interface of a TypeScript file. Throws if there is none of that name. */
export function findDeclaration(file: string, name: string): Declaration {
  const text = readFileSync(join(root, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const statement = source.statements.find((candidate) => namesOf(candidate).includes(name));
  if (statement === undefined) throw new Error(`${file} declares no ${name}`);
  const start = statement.getStart(source, true);
  return {
    code: text.slice(start, statement.getEnd()),
    line: source.getLineAndCharacterOfPosition(start).line + 1,
  };
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
}

/** Code that a page quotes, found by its name in the source as it is now. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./contents.ts";

export interface Declaration {
  /** with the comment above it */
  readonly code: string;
  /** counted from 1; of the first line of `code` */
  readonly line: number;
}

/** A function, constant, class or interface at the top of a TypeScript file. Throws where there is none of that name. */
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

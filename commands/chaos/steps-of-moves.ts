import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';
import { stepPoint, undoPoint } from '#chassis/faults/step-points.ts';

/** Every step of every move and the undoing of it, read from the sources of the moves; what varies in a name is a `*`. */
export async function stepsOfMoves(processApis: string, processes: readonly string[]): Promise<string[]> {
  const files = await Promise.all(processes.map(async (process) => {
    const folder = path.join(processApis, process, 'moves');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted();
    return Promise.all(names.map(async (name) => stepsIn(process, await readFile(path.join(folder, name), 'utf8'))));
  }));
  return files.flat(2);
}

/** A file holds one move, and what carries out steps for it. */
export function stepsIn(process: string, text: string): string[] {
  const calls = callsIn(ts.createSourceFile('move.ts', text, ts.ScriptTarget.Latest, true));
  const named = calls.find((call) => ts.isIdentifier(call.expression) && call.expression.text === 'move');
  if (!named) return [];
  const move = { process, move: nameIn(named.arguments[0]) };
  return calls.filter(isStep).flatMap((call) => {
    const step = nameIn(call.arguments[0]);
    return [stepPoint(move, step), ...(isUndone(call.arguments[2]) ? [undoPoint(move, step)] : [])];
  });
}

function callsIn(node: ts.Node): ts.CallExpression[] {
  const calls: ts.CallExpression[] = ts.isCallExpression(node) ? [node] : [];
  ts.forEachChild(node, (child) => { calls.push(...callsIn(child)); });
  return calls;
}

function isStep({ expression }: ts.CallExpression): boolean {
  return ts.isPropertyAccessExpression(expression) && expression.name.text === 'step' && expression.expression.getText() === 'run';
}

function isUndone(options: ts.Expression | undefined): boolean {
  return options !== undefined && ts.isObjectLiteralExpression(options) && options.properties.some((property) => property.name?.getText() === 'undo');
}

function nameIn(argument: ts.Expression | undefined): string {
  if (argument && ts.isStringLiteralLike(argument)) return argument.text;
  if (argument && ts.isTemplateExpression(argument)) return [argument.head.text, ...argument.templateSpans.map((span) => span.literal.text)].join('*');
  throw new Error(`${argument?.getText() ?? 'nothing'} is no name that can be read from the source`);
}

import { posix } from 'node:path';

import ts from 'typescript';

import type { Source, Violation } from './sources.ts';

type Import = { specifier: string; line: number; isTypeOnly: boolean };

/** What one file may import, in words for the reader and as a decision about a path of ours. */
type Rule = { says: string; allows: (target: string, isTypeOnly: boolean) => boolean };

const LAYERS = ['system', 'process', 'experience'] as const;
type Layer = (typeof LAYERS)[number];

/** Subpath imports of package.json. */
const ALIASES: Record<string, string> = { '#chassis/': 'chassis/', '#contracts/': 'contracts/', '#formats/': 'formats/' };

/** Every import between files of the project that the drawing of the layers does not have. */
export function checkImports(sources: Source[]): Violation[] {
  return sources.flatMap((source) => {
    const rule = ruleFor(source.path);
    return importsOf(source).flatMap(({ specifier, line, isTypeOnly }) => {
      const target = resolveOurs(source.path, specifier);
      if (target === undefined || rule.allows(target, isTypeOnly)) return [];
      return [{ path: source.path, line, message: `imports ${target}, but ${rule.says}` }];
    });
  });
}

/** Imports, exports from elsewhere, dynamic imports and imported types. */
export function importsOf({ path, text }: Source): Import[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext);
  const found: Import[] = [];
  const add = (node: ts.Node, module: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (!module || !ts.isStringLiteralLike(module)) return;
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    found.push({ specifier: module.text, line, isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isErased(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isErased(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const names = clause.namedBindings;
  return !clause.name && names !== undefined && ts.isNamedImports(names) && names.elements.every((name) => name.isTypeOnly);
}

/** @returns the path of a file of ours; undefined for a package */
function resolveOurs(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const alias = Object.keys(ALIASES).find((prefix) => specifier.startsWith(prefix));
  if (alias !== undefined) return posix.normalize(`${ALIASES[alias]}${specifier.slice(alias.length)}`);
  return specifier.startsWith('#') ? specifier : undefined;
}

function ruleFor(path: string): Rule {
  const [top = '', second = '', third = '', fourth = ''] = path.split('/');
  switch (top) {
    case 'bench':
    case 'commands':
    case 'test':
      return { says: '', allows: () => true };
    case 'chassis':
    case 'formats':
      return only(`${top} imports nothing of ours outside ${top}`, within(top));
    case 'contracts':
      if (second === 'cli') return only('the contract commands may import contracts and chassis', within('contracts'), within('chassis'));
      return {
        says: 'contracts may import contracts, and types of chassis',
        allows: (target, isTypeOnly) => within('contracts')(target) || (isTypeOnly && within('chassis')(target)),
      };
    case 'gateway':
      return only('the gateway may import contracts and chassis', within('gateway'), within('contracts'), within('chassis'));
    case 'sandbox':
      return only(
        'the sandbox stands for foreign systems and may import formats, chassis/storage and chassis/telemetry',
        within('sandbox'), within('formats'), within('chassis/storage'), within('chassis/telemetry'),
      );
    default:
      break;
  }
  const layer = LAYERS.find((name) => top === `${name}-apis`);
  if (!layer) return only(`${top} has no place in the layers`, within(top));
  return path.split('/').length === 2 ? ruleForLayerRoot(layer) : ruleForApi(layer, second, third === 'adapters' ? fourth : undefined);
}

/** The files beside the API folders put a deployable together, from what every API shows at the top of its folder. */
function ruleForLayerRoot(layer: Layer): Rule {
  const folder = `${layer}-apis`;
  return only(
    `a composition root in ${folder} may import the top files of its APIs, contracts and chassis`,
    within('chassis'),
    within('contracts'),
    (target) => within(folder)(target) && target.split('/').length <= 3,
  );
}

function ruleForApi(layer: Layer, api: string, adapter: string | undefined): Rule {
  const own = `${layer}-apis/${api}`;
  const mayImport = [within('chassis'), contractsFor(layer, api)];
  if (adapter === undefined || adapter === 'index.ts') {
    return only(`${own} may import chassis, its own folder, and the contracts of itself and of the layers below`, within(own), ...mayImport);
  }
  const adapters = `${own}/adapters`;
  return only(
    `an adapter may import formats, chassis, the contracts of its API and its API's folder, but no other adapter`,
    within('formats'),
    within(`${adapters}/${adapter}`),
    (target) => within(own)(target) && !within(adapters)(target),
    ...mayImport,
  );
}

/** Its own contract, those of lower layers, and what belongs to no single API, such as models and events. */
function contractsFor(layer: Layer, api: string): (target: string) => boolean {
  return (target) => {
    if (!within('contracts')(target) || within('contracts/cli')(target)) return false;
    const [, owner, name] = /^contracts\/(?:generated\/)?(system|process|experience)\/([^/]+)/.exec(target) ?? [];
    if (owner === undefined) return true;
    if (owner === layer) return name === api;
    return LAYERS.indexOf(owner as Layer) < LAYERS.indexOf(layer);
  };
}

function only(says: string, ...allowed: ((target: string) => boolean)[]): Rule {
  return { says, allows: (target) => allowed.some((allows) => allows(target)) };
}

function within(folder: string): (target: string) => boolean {
  return (target) => target.startsWith(`${folder}/`);
}

/**
 * What a source file uses from outside itself: the modules it names, in whichever way, and the clock, chance and I/O that
 * it reaches through globals. Reads syntax only; it resolves nothing and judges nothing.
 */
import { parseSync, visitorKeys } from 'oxc-parser';

/**
 * @typedef {{ readonly specifier: string | undefined, readonly isTypeOnly: boolean, readonly line: number }} Use
 *   `specifier` is undefined where it is computed; `isTypeOnly` where nothing of it is left after compilation
 * @typedef {{ readonly name: string, readonly line: number }} Reach
 * @typedef {{ readonly imports: readonly Use[], readonly reaches: readonly Reach[] }} SourceUses
 */

/** Globals that are a clock, chance, a scheduler or the world outside. */
const reachingGlobals = new Set([
  ...['process', 'performance', 'crypto', 'console', 'fetch', 'navigator', 'globalThis', 'global', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval', 'clearImmediate'],
]);
/** Members of otherwise harmless globals. */
const reachingMembers = new Map([
  ['Date', new Set(['now'])],
  ['Math', new Set(['random'])],
  ['AbortSignal', new Set(['timeout'])],
]);
/** Children of a node that only the type checker reads. */
const typeKeys = new Set(['typeAnnotation', 'typeParameters', 'typeArguments', 'returnType', 'superTypeArguments']);
const typeNodes = new Set(['TSTypeAliasDeclaration', 'TSInterfaceDeclaration']);

/**
 * @param {string} path for messages; its ending decides the dialect
 * @param {string} text
 * @returns {SourceUses}
 * @throws {Error} when the text is not TypeScript
 */
export function readUses(path, text) {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path} cannot be parsed: ${errors[0].message}`);
  const lineOf = lineCounter(text);
  return { imports: findImports(program, lineOf), reaches: findReaches(program, lineOf) };
}

/** @typedef {any} Node an ESTree node; their types are many and only a few fields of a few are read here */

/** @returns {Use[]} */
function findImports(/** @type {Node} */ program, /** @type {(offset: number) => number} */ lineOf) {
  /** @type {Use[]} */
  const found = [];
  walk(program, (node) => {
    const source = importedFrom(node);
    if (source === undefined) return;
    const isTypeOnly = node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type';
    const specifier = literalText(source);
    found.push({ specifier, isTypeOnly, line: lineOf(node.start) });
  });
  return found;
}

/** The node that says where a node imports from, if it imports. */
function importedFrom(/** @type {Node} */ node) {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source;
    case 'ExportNamedDeclaration':
      return node.source ?? undefined;
    case 'TSExternalModuleReference':
      return node.expression;
    case 'NewExpression': // new URL('./thread.js', import.meta.url): how a thread's file is named
      return isModuleUrl(node) ? node.arguments[0] : undefined;
    default:
      return undefined;
  }
}

/** Whether it names a module beside the file; data that is read as it stands, such as package.json, is no import. */
function isModuleUrl(/** @type {Node} */ node) {
  const [path, base] = node.arguments;
  if (node.callee.name !== 'URL' || base?.object?.type !== 'MetaProperty') return false;
  return /\.[cm]?[jt]s$/.test(literalText(path) ?? '');
}

/** @returns {string | undefined} */
function literalText(/** @type {Node} */ node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return undefined;
}

/** @returns {Reach[]} */
function findReaches(/** @type {Node} */ program, /** @type {(offset: number) => number} */ lineOf) {
  /** @type {Set<string>} */
  const declared = new Set();
  /** @type {Reach[]} */
  const found = [];
  walk(program, (node) => {
    for (const name of declaredBy(node)) declared.add(name);
  });
  const reach = (/** @type {string} */ global, /** @type {string} */ name, /** @type {Node} */ node) => {
    if (!declared.has(global)) found.push({ name, line: lineOf(node.start) });
  };
  walk(
    program,
    (node, parent, key) => {
      if (node.type !== 'Identifier' || isName(parent, key)) return;
      if (reachingGlobals.has(node.name)) reach(node.name, node.name, node);
      const members = reachingMembers.get(node.name);
      if (members === undefined) return;
      for (const member of membersTaken(parent, key)) {
        if (members.has(member)) reach(node.name, `${node.name}.${member}`, node);
      }
      if (node.name === 'Date' && readsClock(parent, key)) reach('Date', 'the present Date', node);
    },
    isTypeLevel,
  );
  return found;
}

/** The names that a node introduces: whatever is called so in this file is taken for the file's own. */
function declaredBy(/** @type {Node} */ node) {
  switch (node.type) {
    case 'VariableDeclarator':
    case 'ClassDeclaration':
      return namesIn(node.id);
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return [node.id, ...node.params].flatMap(namesIn);
    case 'CatchClause':
      return namesIn(node.param);
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return namesIn(node.local);
    default:
      return [];
  }
}

/** @returns {string[]} the names in a pattern such as `{ a, b: [c = 1, ...d] }` */
function namesIn(/** @type {Node} */ pattern) {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((/** @type {Node} */ property) => namesIn(property.value ?? property));
    case 'ArrayPattern':
      return pattern.elements.flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    case 'TSParameterProperty':
      return namesIn(pattern.parameter);
    default:
      return [];
  }
}

/** Whether an identifier at this place is a mere name: of a member, a key, a label, an imported thing. */
function isName(/** @type {Node} */ parent, /** @type {string} */ key) {
  if (parent.type === 'MemberExpression') return key === 'property' && !parent.computed;
  if (/^(Property|PropertyDefinition|MethodDefinition|TSEnumMember)$/.test(parent.type)) {
    return (key === 'key' || key === 'id') && !parent.computed;
  }
  return /^(Import|Export)\w*Specifier$|^(Labeled|Break|Continue)Statement$|^MetaProperty$/.test(parent.type);
}

/** The members that an expression around a global takes from it: `Date.now`, `Date['now']`, `const { now } = Date`. */
function membersTaken(/** @type {Node} */ parent, /** @type {string} */ key) {
  if (parent.type === 'MemberExpression' && key === 'object') {
    return [parent.computed ? literalText(parent.property) : parent.property.name];
  }
  if (parent.type === 'VariableDeclarator' && key === 'init' && parent.id.type === 'ObjectPattern') {
    return parent.id.properties.map((/** @type {Node} */ property) => property.key?.name);
  }
  return [];
}

/** `new Date()` and `Date()` ask the clock; `new Date(at)` does not. */
function readsClock(/** @type {Node} */ parent, /** @type {string} */ key) {
  if (key !== 'callee') return false;
  return parent.type === 'CallExpression' || parent.arguments.length === 0;
}

function isTypeLevel(/** @type {Node} */ node, /** @type {string} */ key) {
  return typeKeys.has(key) || typeNodes.has(node.type) || node.declare === true;
}

/**
 * Visits every node with its parent and the parent's field it is in; its own stack, so any depth.
 *
 * @param {Node} program
 * @param {(node: Node, parent: Node, key: string) => void} visit
 * @param {(node: Node, key: string) => boolean} skip whether to leave a node out, with all that is in it
 */
function walk(program, visit, skip = () => false) {
  /** @type {{ node: Node, parent: Node, key: string }[]} */
  const stack = [{ node: program, parent: null, key: '' }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { node, parent, key } = item;
    if (skip(node, key)) continue;
    visit(node, parent, key);
    for (const childKey of (visitorKeys[node.type] ?? []).toReversed()) {
      for (const child of [node[childKey]].flat().toReversed()) {
        if (child != null) stack.push({ node: child, parent: node, key: childKey });
      }
    }
  }
}

function lineCounter(/** @type {string} */ text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (/** @type {number} */ offset) => starts.findLastIndex((start) => start <= offset) + 1;
}

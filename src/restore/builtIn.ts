/**
 * The types that are always there. A built-in type says what stands at the top of a value, and of a tensor and a log what
 * makes them one; the value model itself is checked by the encoder, for every type. An edited state is checked by what
 * the edit changed: nothing is loaded for it that the edit did not touch.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  BYTE_TYPES,
  FieldsEdit,
  firstNotKept,
  type Kind,
  kindOf,
  type ListTree,
  type LoadPart,
  NODE_ARRAY,
  NODE_BYTES,
  NODE_MAP,
  NODE_SET,
  NODE_STRING,
  TreeEdit,
  TreeNode,
  type Value,
} from '../state/index.js';
import { type Tensor, tensorIssue } from './tensor.js';
import type { AnyObjectType, ObjectType } from './type.js';

export type BuiltInType = 'record' | 'map' | 'list' | 'set' | 'text' | 'blob' | 'tensor' | 'log';

type Issue = StandardSchemaV1.Issue;

const CALLED: Readonly<Record<Kind, string>> = {
  null: 'null',
  boolean: 'a boolean',
  number: 'a number',
  bigint: 'a bigint',
  string: 'a string',
  date: 'a Date',
  bytes: 'bytes',
  array: 'an array',
  record: 'a record',
  map: 'a Map',
  set: 'a Set',
  undefined: 'undefined',
  other: 'something that is no plain data',
};

/** What a type's values are at the top. */
const KINDS: Readonly<Record<BuiltInType, Kind>> = {
  record: 'record',
  map: 'map',
  list: 'array',
  set: 'set',
  text: 'string',
  blob: 'bytes',
  tensor: 'record',
  log: 'array',
};

export const recordType: ObjectType<Record<string, Value>, Readonly<Record<string, Value>>> = holding('record');
export const mapType: ObjectType<Map<Value, Value>, ReadonlyMap<Value, Value>> = holding('map');
export const listType: ObjectType<Value[], readonly Value[]> = holding('list');
export const setType: ObjectType<Set<Value>, ReadonlySet<Value>> = holding('set');
export const textType: ObjectType<string> = holding('text');
export const blobType: ObjectType<Uint8Array> = holding('blob');
export const tensorType: ObjectType<Tensor> = holding('tensor');
/** A list that is only ever appended to. */
export const logType: ObjectType<Value[], readonly Value[]> = holding('log');

export const BUILT_IN_TYPES: readonly AnyObjectType[] = Object.freeze([
  ...[recordType, mapType, listType, setType],
  ...[textType, blobType, tensorType, logType],
]);

/** Names that no program may give to a type of its own. */
export const RESERVED_TYPE_NAMES: ReadonlySet<string> = new Set(Object.keys(KINDS));

export function isBuiltIn(type: AnyObjectType): type is AnyObjectType & { readonly name: BuiltInType } {
  return BUILT_IN_TYPES.includes(type);
}

/**
 * What keeps an edited state from being one of its type.
 * @param before the tree that was edited, and `after` what came of it; parts may stand in both
 * @param isSame whether two values or parts that are not one object are the same value
 */
export function editIssue(
  type: BuiltInType,
  before: unknown,
  after: unknown,
  load: LoadPart,
  isSame: (one: unknown, other: unknown) => boolean,
): Issue | undefined {
  const tree = after instanceof FieldsEdit ? after.plain : after;
  const issue = topIssue(type, tree) ?? (type === 'tensor' ? tensorIssue(tree as Fields, load) : undefined);
  if (issue !== undefined || type !== 'log') return issue;
  const lost = firstNotKept(before as ListTree, tree as ListTree, load, isSame);
  if (lost < 0) return undefined;
  return { path: [lost], message: 'a log is only appended to, but this entry was changed, moved or removed' };
}

type Fields = Readonly<Record<string, unknown>>;

function holding(name: BuiltInType): AnyObjectType {
  const validate = (value: unknown) => {
    const issue = topIssue(name, value) ?? (name === 'tensor' ? tensorIssue(value as Fields) : undefined);
    return issue === undefined ? { value } : { issues: [issue] };
  };
  const schema: AnyObjectType['schema'] = { '~standard': { version: 1, vendor: 'helios-materializer', validate } };
  return Object.freeze({ name, version: 1, schema, upgrades: Object.freeze([]) });
}

function topIssue(name: BuiltInType, tree: unknown): Issue | undefined {
  const kind = KINDS[name];
  const found = topKind(tree);
  if (found !== kind) return { message: `a ${name} holds ${CALLED[kind]}, but got ${CALLED[found]}` };
  const bytes = name === 'blob' ? bytesName(tree) : 'Uint8Array';
  return bytes === 'Uint8Array' ? undefined : { message: `a blob holds a Uint8Array, but got a ${bytes}` };
}

function topKind(tree: unknown): Kind {
  if (!(tree instanceof TreeNode || tree instanceof TreeEdit)) return kindOf(tree);
  switch ((tree instanceof TreeEdit ? tree.base : tree).of) {
    case NODE_ARRAY:
      return 'array';
    case NODE_MAP:
      return 'map';
    case NODE_SET:
      return 'set';
    case NODE_STRING:
      return 'string';
    case NODE_BYTES:
      return 'bytes';
    default:
      return 'record';
  }
}

function bytesName(bytes: unknown): string {
  if (bytes instanceof TreeNode) return BYTE_TYPES[bytes.type]?.name ?? '';
  if (bytes instanceof TreeEdit) return bytesName(bytes.base);
  return Buffer.isBuffer(bytes) ? 'Uint8Array' : (bytes as ArrayBufferView).constructor.name;
}

/** What other rooms may use of the versioned state. */

export { exported } from './car/exporting.js';
export { type ImportOptions, imported } from './car/importing.js';
export { childrenOf, closureOf } from './closure.js';
export { type CollectOptions, type CollectProgress, type CollectReport, collect } from './collect.js';
export { Decoder, type DecoderOptions, OpenBlock } from './decode.js';
export { type DiffOptions, diffTrees } from './diff.js';
export { editTree } from './draft.js';
export { type DraftOf, TextDraft, textOf } from './draftText.js';
export { createEncoder, type Encoder, type EncoderOptions } from './encode.js';
export { FieldsEdit } from './fieldsEdit.js';
export {
  BYTE_TYPES,
  FORMAT,
  KIND_COMMIT,
  KIND_NODE,
  KIND_VALUE,
  NODE_ARRAY,
  NODE_BARE_RECORD,
  NODE_BYTES,
  NODE_MAP,
  NODE_RECORD,
  NODE_SET,
  NODE_STRING,
} from './format.js';
export { copyOf, frozenDate, frozenMap, frozenSet } from './frozen.js';
export { checkGiven } from './given.js';
export { type HeadMove, HeadMoves, type WatchFilter } from './headMoves.js';
export { describe, isRecord, type Kind, kindOf } from './kind.js';
export { mergeChanges } from './merge.js';
export { type FreshBlock, freshBlocks, type Link, type LoadPart, Part } from './part.js';
export {
  type FetchOptions,
  type HeldState,
  heldBy,
  hostOf,
  type Label,
  labelOf,
  partOf,
  type ReferenceHost,
  type SaveOptions,
  StateReference,
  schemaVersionOf,
} from './reference.js';
export { refuseDepth, refuseValue } from './refusal.js';
export { type HeldComponent, type HoldClass, type SharingReport, sharingOf } from './sharing.js';
export { type Branch, Superposition } from './superposition.js';
export { firstNotKept, type ListTree } from './tree/beginning.js';
export { TreeEdit } from './tree/edit.js';
export { gathered } from './tree/gather.js';
export { join } from './tree/join.js';
export { elementOf, entryOf, leafOfIndex, leafOfKey, leafPartOfKey, leavesOf } from './tree/lookup.js';
export { TreeNode } from './tree/node.js';
export { unitsIn } from './tree/units.js';
export { Turns } from './turns.js';
export type { Change, Conflict, Frozen, FrozenList, FrozenMap, Path, Root, Value, Version } from './value.js';
export { type VerifyFinding, type VerifyOptions, verify } from './verify.js';
export { DEFAULT_RETENTION, type Retention, storedPart, unknownObject, Versions, versionOf } from './versions.js';

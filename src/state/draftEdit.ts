/**
 * One run of a recipe: what all drafts of an edit share. It turns entries of the tree into drafts when they are read,
 * and what the recipe assigns into slots. It knows no kind of container from within, and copies nothing itself.
 */
import { HeliosError } from '../protocol/errors.js';
import { bytesViewBehind } from './bytesView.js';
import { ArrayDraft } from './draftArray.js';
import { Brought } from './draftBrought.js';
import { BytesSlot } from './draftBytes.js';
import { type HandedOut, Leaf } from './draftLeaf.js';
import { MapDraft } from './draftMap.js';
import { RecordDraft } from './draftRecord.js';
import { SetDraft } from './draftSet.js';
import { change, type Draft, draftBehind, isObject, isSlot, type Slot } from './draftSlot.js';
import { TextDraft, TextSlot } from './draftText.js';
import { FieldsEdit, PlainFields } from './fieldsEdit.js';
import { COMPONENT_LIMIT, NODE_ARRAY, NODE_BYTES, NODE_MAP, NODE_SET, NODE_STRING } from './format.js';
import { frozenMap, frozenSet } from './frozen.js';
import { isRecord, kindOf } from './kind.js';
import { type LoadPart, Part } from './part.js';
import { TreeEdit } from './tree/edit.js';
import { isOfKeys } from './tree/ends.js';
import { gather } from './tree/gather.js';
import { join } from './tree/join.js';
import { KeyedSplit } from './tree/keyed.js';
import { TreeNode } from './tree/node.js';
import { Pieces } from './tree/pieces.js';
import { isOfText, Units, unitsIn } from './tree/units.js';

/** In BYTE_TYPES: what comes behind it is DataView. */
const LAST_TYPED_ARRAY = 10;

/** What thawed records start from. */
const PLAIN: Readonly<Record<string, unknown>> = Object.freeze({});
const BARE: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null));

export class Edit {
  private isOpen = true;
  /** By what was handed out: those have no Proxy that could be asked. */
  private readonly leaves = new Map<object, HandedOut>();
  private readonly longTexts = new Map<Part | TreeEdit, unknown>();
  /** What passed last between recipe and draft: what an arrow without braces may return without meaning anything. */
  private lastPassed: unknown;

  /** Blocks loaded in this edit, so that each is decoded once; what is still to be encoded keeps them. */
  readonly load: LoadPart;

  constructor(
    load: LoadPart,
    readonly isLink: (value: object) => boolean,
    private readonly viewed: (value: object) => unknown,
  ) {
    const loaded = new Map<Part, unknown>();
    this.load = (part) => {
      let value = loaded.get(part);
      if (value === undefined) {
        value = load(part);
        loaded.set(part, value);
      }
      return value;
    };
  }

  /** @throws HeliosError `INVALID_REQUEST` once the edit has ended. */
  check(): void {
    if (this.isOpen) return;
    throw new HeliosError(
      'INVALID_REQUEST',
      'This draft belongs to an edit that has ended. Read the outcome from the reference that edit() returned, or edit again.',
    );
  }

  close(): void {
    this.isOpen = false;
  }

  /**
   * What a recipe gets for an entry of the tree: the slot that now stands for it, or, where nothing can be changed
   * within (a long text, a link), the value itself.
   */
  open(entry: object, parent: Draft | null, known: Part | null = null): unknown {
    this.check();
    const part = entry instanceof Part ? entry : known;
    const value = entry instanceof Part ? this.loaded(entry) : entry;
    if (value instanceof TreeNode || value instanceof TreeEdit) return this.openTree(value, parent, part);
    return this.openPlain(value, parent, part);
  }

  /** A split value: opened entry by entry where that can be done. */
  private openTree(tree: TreeNode | TreeEdit, parent: Draft | null, part: Part | null): unknown {
    const { of } = tree instanceof TreeEdit ? tree.base : tree;
    if (of === NODE_ARRAY) return new ArrayDraft(this, parent, null, part, new Pieces(tree, this.load), tree);
    if (of === NODE_STRING) return tree instanceof TreeEdit ? this.editedText(tree) : gather(tree, this.load);
    if (of === NODE_BYTES) return this.openBytes(tree, parent, part);
    const keyed = isOfKeys(of) ? KeyedSplit.of(tree, this.load) : undefined;
    if (keyed !== undefined) {
      if (of === NODE_MAP) return new MapDraft(this, parent, keyed, part, tree);
      if (of === NODE_SET) return new SetDraft(this, parent, keyed, part, tree);
      return new RecordDraft(this, parent, null, part, keyed, tree);
    }
    return this.openPlain(tree instanceof TreeNode ? gather(tree, this.load) : tree, parent, part ?? tree);
  }

  /** Of one level, and what can't be told from a real one by nobody: put together. Larger: read as it is touched. */
  private openBytes(tree: TreeNode | TreeEdit, parent: Draft | null, part: Part | null): unknown {
    const { level, type } = tree instanceof TreeEdit ? tree.base : tree;
    const slot =
      level > 1 && type <= LAST_TYPED_ARRAY
        ? new BytesSlot(this, parent, tree, part)
        : new Leaf(this, parent, this.wholeBytes(tree), part, tree);
    this.leaves.set(slot.shown, slot);
    return slot;
  }

  private wholeBytes(tree: TreeNode | TreeEdit): ArrayBufferView {
    const { of, type } = tree instanceof TreeEdit ? tree.base : tree;
    const units = new Units(tree, this.load);
    return join(of, type, [units.slice(0, units.length)]) as ArrayBufferView;
  }

  private editedText(tree: TreeEdit): string {
    const known = this.longTexts.get(tree);
    if (typeof known === 'string') return known;
    const units = new Units(tree, this.load);
    const text = String(units.slice(0, units.length));
    this.longTexts.set(tree, text);
    return text;
  }

  private openPlain(value: unknown, parent: Draft | null, part: object | null): unknown {
    if (!isObject(value)) return value;
    if (Array.isArray(value)) return new ArrayDraft(this, parent, value, part);
    if (this.isLink(value)) return value;
    if (isRecord(value)) {
      if (!(part instanceof Part)) return new RecordDraft(this, parent, value, part);
      return new RecordDraft(this, parent, null, part, new PlainFields(part, value), value);
    }
    if (value instanceof FieldsEdit) return this.openPlain(value.plain, parent, value);
    switch (kindOf(value)) {
      case 'map':
        return new MapDraft(this, parent, value as ReadonlyMap<unknown, unknown>, part);
      case 'set':
        return new SetDraft(this, parent, value as ReadonlySet<unknown>, part);
      case 'date':
      case 'bytes': {
        const leaf = new Leaf(this, parent, value as Date | ArrayBufferView, part);
        this.leaves.set(leaf.shown, leaf);
        return leaf;
      }
      default:
        return value;
    }
  }

  /**
   * The draft of a state itself; `undefined` where nothing is in it that could be changed.
   * @param part the block that it is the value of, if there is one
   */
  openTop(tree: unknown, part: Part | null): Slot | undefined {
    const isText = typeof tree === 'string' || (isTree(tree) && isOfText(tree));
    if (isText) return this.textSlot(tree, part ?? tree);
    const top = isObject(tree) ? this.open(tree, null, part) : tree;
    return isObject(top) && isSlot(top) ? top : undefined;
  }

  /** The text under a key, to be changed in place from then on. @throws HeliosError `INVALID_REQUEST` when it is none */
  textAt(draft: Draft, key: unknown): TextDraft {
    this.check();
    const entry = draft.entryAt(key);
    if (entry instanceof TextSlot) return entry.handle;
    const text = entry instanceof Part ? this.load(entry) : entry;
    if (typeof text !== 'string' && !(isTree(text) && isOfText(text))) {
      const found = text === undefined ? 'nothing' : 'something else';
      throw new HeliosError('INVALID_REQUEST', `textOf() takes the key of a text, but there is ${found} under it.`);
    }
    const { handle } = this.textSlot(text, entry);
    draft.put(key, handle);
    return handle;
  }

  private textSlot(text: string | TreeNode | TreeEdit, origin: unknown): TextSlot {
    const slot = new TextSlot(this, text, origin);
    this.leaves.set(slot.handle, slot);
    return slot;
  }

  /**
   * What stands in a working copy for a value that the recipe assigns where something stood: a long text that takes the
   * place of one that was read is cut anew only where they differ.
   */
  slotInPlaceOf(held: unknown, value: unknown): unknown {
    if (typeof value !== 'string' || value.length <= COMPONENT_LIMIT || !isObject(held)) return this.slotOf(value);
    const origin = held instanceof TextSlot ? held.origin : held;
    if (!(origin instanceof Part || origin instanceof TreeEdit)) return value;
    const before = this.longTexts.get(origin);
    if (typeof before !== 'string') return value;
    const tree = origin instanceof Part ? this.load(origin) : origin;
    if (!isTree(tree)) return value;
    const slot = this.textSlot(tree, origin);
    slot.become(value, before);
    return slot;
  }

  /** What stands in a working copy for a value that the recipe assigns. */
  slotOf(value: unknown): unknown {
    if (isObject(value)) {
      this.lastPassed = value;
      const slot = this.slotBehind(value);
      if (slot !== undefined) return slot;
      return this.isLink(value) ? value : new Brought(this, value);
    }
    return typeof value === 'function' || typeof value === 'symbol' ? new Brought(this, value) : value;
  }

  /**
   * The slot that the recipe's value stands for, if it came from this edit.
   * @throws HeliosError `INVALID_REQUEST` when it is a draft of another one.
   */
  slotBehind(value: object): Slot | undefined {
    const view = bytesViewBehind(value);
    const slot = draftBehind(value) ?? view?.slot ?? (value instanceof TextDraft ? TextDraft.slot(value) : undefined);
    if (slot === undefined) return this.leaves.get(value);
    // Of part of a large typed array, what is in it now.
    if (slot.edit === this) return view === undefined || view.isWhole ? slot : new Brought(this, view.copy());
    slot.edit.check();
    throw new HeliosError(
      'INVALID_REQUEST',
      'A draft of one edit was put into the draft of another. Take the value from materialize() or at() instead.',
    );
  }

  /**
   * What a view is of, to stand here as it is: a part, or a tree that nobody can write to. `undefined` for other values,
   * which are copied.
   */
  originOf(value: object): object | undefined {
    const origin = this.viewed(value);
    return isObject(origin) && (origin instanceof Part || !holdsBytes(origin)) ? origin : undefined;
  }

  /** A frozen value that the recipe brought and now reads, as something it can change; undefined where that needs none. */
  thaw(value: object): unknown {
    const origin = this.originOf(value);
    if (origin !== undefined) {
      const opened = this.open(origin, null);
      return isObject(opened) && isSlot(opened) ? opened.shown : undefined;
    }
    switch (kindOf(value)) {
      case 'record': {
        const isBare = Object.getPrototypeOf(value) === null;
        const draft = new RecordDraft(this, null, isBare ? BARE : PLAIN, null);
        Object.assign(draft.shown, value);
        return draft.shown;
      }
      case 'array':
        return this.listOf(Array.from(value as readonly unknown[], (item) => this.slotOf(item)));
      case 'map': {
        const draft = new MapDraft(this, null, frozenMap(new Map()), null);
        for (const [key, item] of value as ReadonlyMap<unknown, unknown>) draft.set(key, item);
        return draft.shown;
      }
      case 'set': {
        const draft = new SetDraft(this, null, frozenSet(new Set()), null);
        for (const member of value as ReadonlySet<unknown>) draft.add(member);
        return draft.shown;
      }
      case 'date':
        return new Date((value as Date).getTime());
      default:
        return undefined;
    }
  }

  /** A list that stands nowhere yet, of entries that were taken out of a draft. */
  listOf(entries: unknown[]): object {
    return ArrayDraft.of(this, entries).shown;
  }

  /** Whether `value` is the text or bigint whose block the part is. Loads it only where sizes allow that. */
  isLongText(part: Part | TreeEdit, value: unknown): boolean {
    if (part instanceof TreeEdit) {
      return (
        typeof value === 'string' && isOfText(part) && unitsIn(part) === value.length && this.editedText(part) === value
      );
    }
    if (part.height > 0) return false;
    if (typeof value === 'string') return part.count === value.length && this.loaded(part) === value;
    return typeof value === 'bigint' && this.loaded(part) === value;
  }

  /** Sees which Dates and bytes the recipe has changed: writing to those tells nobody. */
  noticeLeaves(): void {
    for (const leaf of this.leaves.values()) {
      if (leaf.parent !== null && leaf.isChanged()) change(leaf.parent);
    }
  }

  /** Notes an object that a draft's own method returns. */
  pass<T>(value: T): T {
    this.lastPassed = value;
    return value;
  }

  /** The bytes that a recipe returned as something new. */
  bytesReturned(value: unknown): ArrayBufferView | undefined {
    if (!isObject(value) || this.isByProduct(value)) return undefined;
    const view = bytesViewBehind(value);
    if (view !== undefined) return view.copy();
    return kindOf(value) === 'bytes' ? (value as ArrayBufferView) : undefined;
  }

  /** Whether a recipe that returns this has just happened to end with it (`(d) => d.list.reverse()`). */
  isByProduct(value: object): boolean {
    return value === this.lastPassed || draftBehind(value)?.edit === this || this.leaves.has(value);
  }

  private loaded(part: Part): unknown {
    const known = this.longTexts.get(part);
    if (known !== undefined) return known;
    const value = this.load(part);
    if (value instanceof TreeNode && value.of === NODE_STRING) {
      const text = gather(value, this.load);
      this.longTexts.set(part, text);
      return text;
    }
    if (!isObject(value)) this.longTexts.set(part, value);
    return value;
  }
}

/** Whether typed arrays stand in a tree, whose parts are not looked into. */
function holdsBytes(tree: unknown): boolean {
  if (!isObject(tree)) return false;
  if (ArrayBuffer.isView(tree)) return true;
  if (Array.isArray(tree) || tree instanceof Set) return [...tree].some(holdsBytes);
  if (tree instanceof Map) return [...tree].flat().some(holdsBytes);
  return isRecord(tree) && Object.values(tree).some(holdsBytes);
}

function isTree(value: unknown): value is TreeNode | TreeEdit {
  return value instanceof TreeNode || value instanceof TreeEdit;
}

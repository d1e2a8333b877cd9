/**
 * What the parts of the encoder share while they turn one value into blocks: the writer, the shapes, and the values that
 * have become blocks of their own. It knows no kind of value from within.
 */
import { digestOf, type Hash } from '../store/index.js';
import { BlockWriter } from './blockWriter.js';
import type { FieldsEdit } from './fieldsEdit.js';
import type { Limits } from './format.js';
import { type Link, Part } from './part.js';
import { ShapeBook } from './shape.js';
import type { TreeEdit } from './tree/edit.js';

/** Bytes of blocks whose values one run leaves with them: what the next edit of the same path would have to read again. */
const VALUE_BYTES_MAX = 32_768;

export class Encoding {
  readonly writer = new BlockWriter();
  readonly shapes = new ShapeBook();
  /** Values of this run that are blocks of their own, with their parts; strings by themselves. */
  readonly parts = new Map<unknown, Part>();
  /** Hashes of collections that order Maps and Sets, and the Maps and Sets that they put in order. */
  readonly hashes = new Map<object, Hash>();
  readonly ordered = new Map<object, readonly unknown[]>();
  /** Edited collections that are small enough to stand in a block as plain data, with that. */
  readonly plains = new Map<TreeEdit | FieldsEdit, unknown>();
  /** Bytes of the blocks made in this run. */
  newBytes = 0;
  /** Whether what is encoded is frozen all through, and keeps no other key order than blocks do where the writer says so. */
  isSettled = false;
  /** Whether a block is being written: another one can't be begun before it ends. */
  isWriting = false;
  /** Bytes of blocks that have kept their values in this run. */
  private valueBytes = 0;

  constructor(
    readonly asLink: (value: object) => Link | undefined,
    readonly limits: Limits,
  ) {}

  /** Begins a run. */
  start(isSettled: boolean): void {
    this.newBytes = 0;
    this.valueBytes = 0;
    this.isSettled = isSettled;
    this.isWriting = false;
  }

  /** Begins a block. Another one that was begun would be damaged: that is a fault of the encoder, and nothing is stored. */
  begin(): void {
    if (this.isWriting) throw new Error('A block was begun while another one was being written.');
    this.isWriting = true;
    this.writer.begin();
    this.shapes.trim();
    this.shapes.isInOrder = true;
  }

  /** Gives up the block that was begun. */
  abandon(): void {
    this.isWriting = false;
  }

  /**
   * Ends the block that was written.
   * @param written the value that it is of, if that is as reading the block would give it but for what the writer noticed
   */
  finish(kind: number, count: number, height: number, written?: unknown): Part {
    const { writer } = this;
    this.isWriting = false;
    const block = writer.finish(kind);
    this.newBytes += block.length;
    const { children, components } = writer;
    const value = written !== undefined && this.isAsRead(block.length) ? written : undefined;
    return Part.at(digestOf(block), 0, writer.totalBytes, count, height, { block, children, components, value });
  }

  private isAsRead(bytes: number): boolean {
    const isAsRead = this.isSettled && this.writer.isAsRead && this.shapes.isInOrder;
    if (!isAsRead || this.valueBytes + bytes > VALUE_BYTES_MAX) return false;
    this.valueBytes += bytes;
    return true;
  }

  /** Forgets the values of this run. */
  clear(): void {
    // Clearing an empty Map costs as much as writing a record.
    if (this.parts.size > 0) this.parts.clear();
    if (this.plains.size > 0) this.plains.clear();
    if (this.hashes.size > 0) this.hashes.clear();
    if (this.ordered.size > 0) this.ordered.clear();
  }
}

/**
 * A large typed array in a draft: what the recipe sees in its place (bytesView.ts) reads and writes elements here. It
 * keeps copies of the stretches that were touched, each as long as the block that it is from, so that an edit loads what
 * it touches and writes what it changes. When somebody asks for the buffer, all of it is put together.
 */
import { ALL, BytesView, type Elements, elementsOn } from './bytesView.js';
import type { Edit } from './draftEdit.js';
import { bytesOf, type HandedOut } from './draftLeaf.js';
import { type Draft, SLOT } from './draftSlot.js';
import { ELEMENT_BYTES } from './format.js';
import { byteType } from './kind.js';
import { TreeEdit } from './tree/edit.js';
import type { TreeNode } from './tree/node.js';
import { type Overwrite, overwritesOf, Units } from './tree/units.js';

/** A stretch of elements, copied. */
interface Page {
  readonly from: number;
  readonly to: number;
  readonly elements: Elements;
  isWritten: boolean;
}

export class BytesSlot implements HandedOut {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly length: number;
  /** One of BYTE_TYPES. */
  readonly type: number;
  /** Bytes of an element. */
  readonly width: number;
  private readonly units: Units;
  private readonly pages = new Map<number, Page>();
  private last: Page | undefined;
  /** All elements, once somebody has asked for their buffer. */
  private all: Elements | undefined;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly tree: TreeNode | TreeEdit,
    private readonly part: object | null,
  ) {
    const { type } = tree instanceof TreeEdit ? tree.base : tree;
    this.type = type;
    this.width = ELEMENT_BYTES[type] ?? 1;
    this.units = new Units(tree, edit.load);
    this.length = this.units.length / this.width;
    this.shown = BytesView.proxy(this, 0, ALL);
  }

  get origin(): unknown {
    return this.part ?? this.tree;
  }

  get(index: number): unknown {
    if (this.all !== undefined) return this.all[index];
    const page = this.pageAt(index);
    return page.elements[index - page.from];
  }

  set(index: number, value: unknown): void {
    if (this.all !== undefined) {
      this.all[index] = value;
      return;
    }
    const page = this.pageAt(index);
    page.elements[index - page.from] = value;
    page.isWritten = true;
  }

  /** A copy of the elements from one index up to another. */
  slice(from: number, to: number): Elements {
    if (this.all !== undefined) return this.all.slice(from, to);
    const { width } = this;
    const copy = elementsOn(this.type, new ArrayBuffer(Math.max(0, to - from) * width));
    if (from < to) bytesOf(copy).set(this.units.slice(from * width, to * width) as Uint8Array);
    for (const page of this.pages.values()) {
      const [start, end] = [Math.max(from, page.from), Math.min(to, page.to)];
      if (!page.isWritten || start >= end) continue;
      copy.set(page.elements.subarray(start - page.from, end - page.from), start - from);
    }
    return copy;
  }

  /** Writes elements of the same type from an index on. */
  write(at: number, elements: Elements): void {
    if (this.all !== undefined) {
      this.all.set(elements, at);
      return;
    }
    for (let done = 0; done < elements.length; ) {
      const page = this.pageAt(at + done);
      const size = Math.min(elements.length - done, page.to - at - done);
      page.elements.set(elements.subarray(done, done + size), at + done - page.from);
      page.isWritten = true;
      done += size;
    }
  }

  /** All of it on a buffer of its own, which is what is read and written from then on. */
  whole(): Elements {
    if (this.all === undefined) {
      this.all = this.slice(0, this.length);
      this.pages.clear();
      this.last = undefined;
    }
    return this.all;
  }

  /** Takes over the content of another one of the same type and length; false where it is none. */
  become(other: ArrayBufferView): boolean {
    if (byteType(other) !== this.type || other.byteLength !== this.units.length) return false;
    bytesOf(this.whole()).set(bytesOf(other));
    return true;
  }

  isChanged(): boolean {
    return this.edited() !== this.tree;
  }

  settle(): unknown {
    const edited = this.edited();
    return edited === this.tree ? this.origin : edited;
  }

  private edited(): unknown {
    const units = new Units(this.tree, this.edit.load);
    units.overwrite(this.overwrites(units));
    return units.edited();
  }

  private overwrites(units: Units): Overwrite[] {
    if (this.all !== undefined) {
      return overwritesOf(units.slice(0, units.length) as Uint8Array, bytesOf(this.all), this.width);
    }
    const pages = [...this.pages.values()].filter((page) => page.isWritten).sort((a, b) => a.from - b.from);
    return pages.flatMap((page) => {
      const from = page.from * this.width;
      const before = units.slice(from, page.to * this.width) as Uint8Array;
      const writes = overwritesOf(before, bytesOf(page.elements), this.width);
      return writes.map(({ at, content }) => ({ at: from + at, content }));
    });
  }

  private pageAt(index: number): Page {
    const { last, width } = this;
    if (last !== undefined && index >= last.from && index < last.to) return last;
    const segment = this.units.segmentAt(index * width);
    let page = this.pages.get(segment.from);
    if (page === undefined) {
      const bytes = (segment.content as Uint8Array).slice();
      const elements = elementsOn(this.type, bytes.buffer);
      page = { from: segment.from / width, to: segment.to / width, elements, isWritten: false };
      this.pages.set(segment.from, page);
    }
    this.last = page;
    return page;
  }
}

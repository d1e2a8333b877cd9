import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH } from '../../src/protocol/limits.js';
import { Decoder } from '../../src/state/decode.js';
import { createEncoder } from '../../src/state/encode.js';
import * as format from '../../src/state/format.js';
import { hashOf } from '../../src/store/index.js';

const page = readFileSync(new URL('../../docs/format.md', import.meta.url), 'utf8');

/** The page with its tables' columns closed up. */
const text = page.replace(/ {2,}/g, ' ');

describe('docs/format.md', () => {
  const [, listing = ''] = /## A block by hand.*?```\n(.*?)\n```/s.exec(page) ?? [];
  const lines = listing.split('\n').map((line) => line.slice(0, 28).trim());
  const block = Buffer.from(lines.join(' ').replaceAll(' ', ''), 'hex');
  const value = { name: 'ann', hp: 10, tags: ['fox', 1.5] };

  it('shows a block that decodes to the value it names', () => {
    expect(lines).toHaveLength(19);
    deepStrictEqual(new Decoder().open(hashOf(block), block).value(), value);
  });

  it('shows the block that this value has, its length and its root', () => {
    const part = createEncoder().value(value);
    expect(Buffer.from(part.fresh?.block ?? []).toString('hex')).toBe(block.toString('hex'));
    expect(page).toContain(`these ${block.length} bytes: \`${part.hash}\`.`);
  });

  it('gives the costs and limits that the code has', () => {
    const cost = (value: string) => Number(new RegExp(`^\\| ${value} \\| (\\d+)`, 'm').exec(text)?.[1]);
    expect(cost('null, boolean')).toBe(format.COST_CONSTANT);
    expect(cost('number')).toBe(format.COST_NUMBER);
    expect(cost('Date')).toBe(format.COST_DATE);
    expect(cost('string')).toBe(format.COST_STRING);
    expect(cost('bigint')).toBe(format.COST_BYTES);
    expect(cost('typed array')).toBe(format.COST_BYTES);
    expect(cost('array, Set')).toBe(format.COST_COLLECTION);
    expect(cost('record')).toBe(format.COST_COLLECTION);
    expect(text).toContain(`for each key its units, ${format.COST_KEY}, and the cost of its value`);
    expect(cost('Map')).toBe(format.COST_COLLECTION);
    expect(cost('link')).toBe(format.COST_BLOCK);
    expect(cost('a value that is a block of its own')).toBe(format.COST_BLOCK);
    expect(text).toContain(`above ${format.COMPONENT_LIMIT} (\`COMPONENT_LIMIT\`)`);
    expect(text).toContain(`| child list | ${format.CHILD_BYTES} each |`);
    expect(text).toContain(`Records with more\nthan ${format.SHARED_KEYS} keys`);
    expect(text).toContain(`more than ${MAX_DEPTH} levels`);
    for (const [index, { name }] of format.BYTE_TYPES.entries())
      expect(text).toMatch(new RegExp(`\\b${index} \`${name}\``));
  });
});

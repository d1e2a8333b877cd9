import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { HeliosError } from '../../src/index.js';
import * as machines from '../../src/machines/index.js';
import { cacheBudgetBytes, decide, LEVEL_SETTINGS, LEVEL_THRESHOLDS, LEVELS } from '../../src/policy/index.js';
import { ERROR_CODES } from '../../src/protocol/index.js';
import { projectRoot } from '../house/clone.js';
import { fenced, readDocument, section, tableRows } from './markdown.js';

const architecture = readDocument('docs/architecture.md');

describe('docs/architecture.md', () => {
  it('has a row for every room of the house', () => {
    const folders = readdirSync(join(projectRoot, 'src'), { withFileTypes: true }).filter((file) => file.isDirectory());
    const rows = tableRows(section(architecture, 'The house'), 'room').map(([room]) => room);
    expect(rows.filter((room) => room !== 'the top files').sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it('has a row for every code of an error, and says rightly whether to retry', () => {
    const rows = tableRows(section(architecture, 'Errors'), 'code').map(([code, retryable]) => [code, retryable]);
    expect(rows).toEqual(ERROR_CODES.map((code) => [code, new HeliosError(code, '').retryable ? 'yes' : 'no']));
  });
});

describe('its pictures of machines', () => {
  const all = Object.entries(machines).filter((entry): entry is [string, (typeof entry)[1] & AnyStateMachine] => {
    return typeof entry[1] === 'object' && 'root' in entry[1];
  });

  it('are of all that there are', () => {
    const titles = [...section(architecture, 'Machines').matchAll(/^### (.*)$/gm)].map(([, title]) => title);
    expect(titles.sort()).toEqual(all.map(([name]) => name).sort());
  });

  it.each(all)('show the transitions of %s', (name, machine) => {
    const [picture = ''] = fenced(section(architecture, name), 'mermaid');
    expect(drawn(picture)).toEqual(transitionsOf(machine));
  });
});

/** `from EVENT to`, sorted; of every label what stands outside of brackets. */
function drawn(picture: string): string[] {
  const arrows = picture.matchAll(/^ +(\S+) --> (\S+)(?: : (.*))?$/gm);
  return [...arrows]
    .flatMap(([, from, to, label = '']) => {
      const events = label.replace(/\([^)]*\)/g, '').split(',');
      return events.map((event) => `${from} ${event.trim()} ${to}`);
    })
    .sort();
}

function transitionsOf({ root }: AnyStateMachine): string[] {
  const found = new Set([`[*]  ${root.initial.target[0]?.key}`]);
  for (const { key, type, transitions } of Object.values(root.states)) {
    if (type === 'final') found.add(`${key}  [*]`);
    for (const { eventType, target } of [...transitions.values()].flat()) {
      found.add(`${key} ${eventType} ${target?.[0]?.key ?? key}`);
    }
  }
  return [...found].sort();
}

describe('its figures of the policy', () => {
  const policy = section(architecture, 'Policy');

  it('are those of the levels', () => {
    const rows = tableRows(policy, 'level').map(([level, ...figures]) => [level, ...figures.map(Number)]);
    const memory = { heapLimitBytes: 0, memoryBytes: 1_000_000 };
    const { enter, exit } = LEVEL_SETTINGS;
    const expected = LEVELS.map((level) => [
      level,
      ...(level === 'normal' ? [Number.NaN, Number.NaN] : [enter[level], exit[level]]),
      LEVEL_THRESHOLDS[level],
      cacheBudgetBytes(memory, level) / 1_000_000,
    ]);
    expect(rows).toEqual(expected);
  });

  it('are the staircase that decisions make', () => {
    const [, ...pressures] = /^\| pressure(.*)$/m.exec(policy)?.[1]?.split('|') ?? [];
    const [[, ...lowest] = []] = tableRows(policy, 'pressure');
    const scores = pressures.map(Number).filter((score) => score > 0);
    expect(scores.length).toBe(lowest.length);
    expect(lowest.map(Number)).toEqual(scores.map(lowestThatPasses));
  });
});

/** In tenths, after a while under this pressure. */
function lowestThatPasses(score: number): number | undefined {
  const level = LEVELS.findLast((one) => one === 'normal' || score >= LEVEL_SETTINGS.enter[one]) ?? 'normal';
  const freeBytes = (1 - score) * 2 ** 30;
  const situation = { threshold: LEVEL_THRESHOLDS[level], score, trend: 0, freeBytes };
  const tenths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((tenth) => tenth / 10);
  return tenths.find((priority) => decide({ priority, estimatedBytes: 2_048, urgency: 0.5 }, situation).pass);
}

describe('its table of limits', () => {
  const limits = tableRows(section(architecture, 'Limits'), 'name');

  it.each(limits)('has %s as it is', (name, value, _, file) => {
    const source = readFileSync(join(projectRoot, file ?? ''), 'utf8');
    const [, literal = ''] = new RegExp(`^(?:export )?const ${name} = (.*);$`, 'm').exec(source) ?? [];
    expect(numberIn(literal)).toBe(Number(value?.replaceAll(',', '')));
  });

  it('has every bound in the code', () => {
    const files = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' });
    const ofProduct = files.filter((file) => file.endsWith('.ts') && !/^cli\/(screen|tour)\//.test(file));
    const found = ofProduct.flatMap((file) => {
      const source = readFileSync(join(projectRoot, 'src', file), 'utf8');
      return [...source.matchAll(/^(?:export )?const (\w+) = \d.*;$/gm)].map(([, name = '']) => name);
    });
    const bounds = found.filter((name) => /MAX|LIMIT|_MS$|_TRIES$|_RETRIES$/.test(name) && !NO_BOUNDS.includes(name));
    expect(bounds.length).toBeGreaterThan(40);
    expect(bounds.filter((name) => !limits.some(([listed]) => listed === name))).toEqual([]);
  });
});

/** What MessagePack's timestamps and the block format's fields can hold. */
const NO_BOUNDS = ['MAX_NANOSECONDS', 'MAX_SECONDS', 'CHILD_BYTES_MAX'];

/** A number as a program writes it, products and powers included. */
function numberIn(literal: string): number {
  const powers = literal.split(/(?<!\*)\*(?!\*)/).map((factor) => {
    const [base = Number.NaN, exponent = 1] = factor.split('**').map((part) => Number(part.trim().replaceAll('_', '')));
    return base ** exponent;
  });
  return powers.reduce((product, power) => product * power, 1);
}

import { describe, expect, it } from 'vitest';
import { NATS_BOUNDS } from '../../src/bus/nats/journal.js';
import { ERROR_CODES, HeliosError } from '../../src/protocol/errors.js';
import * as limits from '../../src/protocol/limits.js';
import { createSubjects } from '../../src/protocol/subjects.js';
import { readDocument, section, tableRows } from './markdown.js';

const guide = readDocument('docs/nats.md');
const words = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '');

describe('docs/nats.md', () => {
  it('says of each code whether to try again', () => {
    const rows = tableRows(section(guide, 'When there is no answer, or a bad one'), 'code');
    for (const [codes = '', , again] of rows) {
      // The marks around a cell are gone, those within it are not.
      const named = words(`\`${codes}\``);
      for (const code of named.filter((word) => /^[A-Z_]+$/.test(word))) {
        const known = ERROR_CODES.find((one) => one === code);
        expect(known, code).toBe(code);
        if (known !== undefined)
          expect([code, new HeliosError(known, '').retryable ? 'yes' : 'no']).toEqual([code, again]);
      }
    }
    expect(rows.length).toBeGreaterThan(8);
  });

  it('gives the streams and buckets the bounds that they have', () => {
    const subjects = createSubjects();
    const MIB = 2 ** 20;
    const HOUR = 3_600_000;
    const rows = tableRows(section(guide, 'What lies where'), 'stream or bucket').map((row) => row.join(' | '));
    const bounds: [string, string, number, number | undefined][] = [
      [subjects.storage('REQUESTS'), subjects.requests(), NATS_BOUNDS.requestBytes, NATS_BOUNDS.keepMs],
      [subjects.storage('OUTCOMES'), subjects.outcomes, NATS_BOUNDS.outcomeBytes, NATS_BOUNDS.keepMs],
      [subjects.storage('EVENTS'), subjects.events, NATS_BOUNDS.eventBytes, NATS_BOUNDS.keepMs],
      [subjects.storage('DEAD'), subjects.deads, NATS_BOUNDS.deadBytes, NATS_BOUNDS.deadKeepMs],
      [subjects.storage('POLICY'), 'policy', NATS_BOUNDS.recordBytes, undefined],
      [subjects.storage('MARKS'), 'kill.', NATS_BOUNDS.recordBytes, NATS_BOUNDS.keepMs],
    ];
    expect(rows.length).toBe(bounds.length);
    for (const [name, subject, bytes, keepMs] of bounds) {
      const row = rows.find((text) => text.includes(name)) ?? '';
      expect(row).toContain(subject);
      expect(row).toContain(bytes >= 1_024 * MIB ? `${bytes / 1_024 / MIB} GiB` : `${bytes / MIB} MiB`);
      const hours = (keepMs ?? 0) / HOUR;
      expect(row).toContain(keepMs === undefined ? 'for ever' : hours > 24 ? `${hours / 24} days` : `${hours} h`);
    }
  });

  it('has the limits of messages and requests as they are', () => {
    const figures = section(guide, 'What lies where').replaceAll(/\s+/g, ' ');
    const text = guide.replaceAll(/\s+/g, ' ');
    const { bytes, items, width } = limits.MESSAGE_LIMITS;
    expect(bytes).toBe(8 * 2 ** 20);
    for (const figure of [
      items,
      width,
      limits.JSON_LIMITS.depth,
      limits.MAX_PATHS,
      limits.MAX_IDEMPOTENCY_KEY_LENGTH,
    ]) {
      expect(figures).toContain(figure.toLocaleString('en-US'));
    }
    expect(figures).toContain(`a name of ${limits.MAX_HEAD_NAME_BYTES} bytes`);
    expect(text).toContain(`at most ${limits.MAX_BATCH} items`);
    expect(text).toContain(`at most ${limits.MAX_OUTCOME_VALUE_BYTES / 1_024} KiB of JSON`);
    expect(text).toContain(`\`timeoutMs\` (${limits.DEFAULT_TIMEOUT_MS.toLocaleString('en-US')})`);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextDraft, textOf } from '../../src/state/draftText.js';
import { COMPONENT_LIMIT } from '../../src/state/format.js';
import { type Drafting, draftOf, errorOf, longText, rootOf } from './drafting.js';

/** Of many blocks, no two stretches alike. */
function prose(length: number): string {
  let text = '';
  for (let n = 0; text.length < length; n++) text += `${(n * 7919) % 10_007} foxes and ${n % 13} hens, ${n}. `;
  return text.slice(0, length);
}

const BIG = prose(200_000);

/** The draft of a state that is a text. */
function textDrafting(text: string): TextDrafting {
  return draftOf<unknown>(text) as TextDrafting;
}

interface TextDrafting extends Omit<Drafting<unknown>, 'edit'> {
  edit(recipe: (draft: TextDraft) => unknown): unknown;
}

describe('the draft of a text', () => {
  it('is read like a string', () => {
    for (const text of ['', 'fox', BIG]) {
      textDrafting(text).edit((draft) => {
        expect(draft).toBeInstanceOf(TextDraft);
        expect(draft.length).toBe(text.length);
        for (const [from, to] of [[], [1], [-2], [1, -1], [2, 1], [5, 1e9], [-1e9, 2], [Number.NaN]]) {
          expect(draft.slice(from, to)).toBe(text.slice(from, to));
        }
        expect(`${draft}!`).toBe(`${text}!`);
        expect(String(draft)).toBe(text);
        expect(JSON.stringify({ draft })).toBe(JSON.stringify({ draft: text }));
      });
    }
  });

  it('is spliced as an array is, appended to, and replaced', () => {
    for (const text of ['', 'fox and hen', BIG.slice(0, 9_000)]) {
      const splices: [number, number?, string?][] = [
        ...[[3] as [number], [0, 1] as [number, number], [-1e9, 1e9] as [number, number]],
        ...([
          [2, 0, 'xyz'],
          [-3, 2, 'é'],
          [1e9, 1, 'end'],
          [1, -1, 'a'],
        ] as [number, number, string][]),
      ];
      for (const splice of splices) {
        const drafting = textDrafting(text);
        drafting.edit((draft) => {
          draft.splice(...splice);
          draft.append('!');
        });
        const units = text.split('');
        units.splice(splice[0], ...([splice[1] ?? text.length] as const), ...(splice[2] ?? '').split(''));
        expect(drafting.value).toBe(`${units.join('')}!`);
      }
    }
    const drafting = textDrafting(BIG);
    drafting.edit((draft) => draft.replace('short'));
    expect(drafting.value).toBe('short');
  });

  it('may be left as it is, and a new text returned', () => {
    const drafting = textDrafting(BIG);
    const { tree } = drafting;
    drafting.edit((draft) => `${draft}`);
    expect(drafting.tree).toBe(tree);
    drafting.edit((draft) => `${String(draft).slice(0, 100_000)}fox${draft.slice(100_000)}`);
    expect(drafting.value).toBe(`${BIG.slice(0, 100_000)}fox${BIG.slice(100_000)}`);
    drafting.edit(() => 'a');
    drafting.edit((draft) => draft.append('b'));
    expect(drafting.value).toBe('ab');
  });

  it('stays the very same text when what is written is what was there', () => {
    const drafting = textDrafting(BIG);
    const { tree } = drafting;
    drafting.edit((draft) => {
      draft.splice(50_000, 5, draft.slice(50_000, 50_005));
      draft.splice(10, 0, 'a');
      draft.splice(10, 1);
      draft.replace(BIG);
    });
    expect(drafting.tree).toBe(tree);
  });

  it('refuses what is no text, and whatever comes after the edit', () => {
    let kept: TextDraft | undefined;
    const drafting = textDrafting(BIG);
    drafting.edit((draft) => {
      kept = draft;
      const error = { code: 'INVALID_REQUEST' };
      expect(errorOf(() => draft.append(5 as never))).toMatchObject({ ...error, message: /append\(\).*got a number/ });
      expect(errorOf(() => draft.splice(0, 0, [] as never))).toMatchObject(error);
      expect(errorOf(() => draft.replace(undefined as never))).toMatchObject(error);
    });
    for (const use of ['toString', 'slice', 'toJSON', 'append'] as const) {
      expect(errorOf(() => kept?.[use]('' as never))).toMatchObject({ code: 'INVALID_REQUEST', message: /has ended/ });
    }
    expect(errorOf(() => drafting.edit(() => ({})))).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(errorOf(() => drafting.edit(async () => 'later'))).toMatchObject({ message: /synchronous/ });
  });

  it('loads and writes what it touches, not the text', () => {
    const drafting = textDrafting(prose(1_000_000));
    drafting.edit((draft) => draft.splice(500_000, 1, 'x'));
    // The leaf and the nodes above it; the top is open already.
    expect(drafting.loads).toBeLessThanOrEqual(4);
    const before = drafting.loads;
    drafting.edit((draft) => {
      draft.append(' The end.');
      draft.splice(0, 0, 'Once ');
    });
    expect(drafting.loads).toBe(before);
    expect(String(drafting.value).length).toBe(1_000_014);
  });
});

describe('a text in a draft', () => {
  interface Page {
    title: string;
    body: string;
    list: unknown[];
    map: Map<unknown, unknown>;
  }
  const page = (): Page => ({ title: 'a fox', body: BIG, list: [BIG, 'short'], map: new Map([['k', BIG]]) });

  it('is changed in place wherever it stands, short or long, and reads as a string', () => {
    const drafting = draftOf(page()).edit((draft) => {
      textOf(draft, 'body').splice(1_000, 10, 'X');
      expect(draft.body).toBe(`${BIG.slice(0, 1_000)}X${BIG.slice(1_010)}`);
      expect(textOf(draft, 'body')).toBe(textOf(draft, 'body'));
      textOf(draft, 'title').append(' and a hen');
      expect(draft.title).toBe('a fox and a hen');
      textOf(draft.list, 0).append('.');
      textOf(draft.list, 1).splice(0, 1, 'S');
      expect(draft.list.indexOf('Short')).toBe(1);
      textOf(draft.map, 'k').splice(0, BIG.length - 3);
      draft.list.push(draft.title);
    });
    expect(drafting.value).toEqual({
      title: 'a fox and a hen',
      body: `${BIG.slice(0, 1_000)}X${BIG.slice(1_010)}`,
      list: [`${BIG}.`, 'Short', 'a fox and a hen'],
      map: new Map([['k', BIG.slice(-3)]]),
    });
    expect(rootOf(drafting.tree)).toBe(rootOf(drafting.value));
  });

  it('goes on from edit to edit, before anything is encoded', () => {
    const drafting = draftOf(page());
    let plain = BIG;
    for (let n = 0; n < 20; n++) {
      drafting.edit((draft) => {
        if (n % 5 === 4) expect(draft.body).toBe(plain);
        textOf(draft, 'body').splice(n * 9_000, n, `<${n}>`);
      });
      plain = `${plain.slice(0, n * 9_000)}<${n}>${plain.slice(n * 10_000 - n * 1_000 + n)}`;
    }
    expect(drafting.value.body).toBe(plain);
    const { tree } = drafting;
    drafting.edit((draft) => {
      draft.body = plain;
      expect(draft.list.includes(plain)).toBe(false);
    });
    expect(drafting.tree).toBe(tree);
  });

  it('can be moved, copied and replaced afterwards', () => {
    const drafting = draftOf(page()).edit((draft) => {
      textOf(draft, 'body').append('!');
      draft.list = [textOf(draft, 'body'), draft.body];
      draft.map.set('body', textOf(draft, 'body'));
      draft.body = 'gone';
    });
    expect(drafting.value).toEqual({
      ...{ title: 'a fox', body: 'gone', list: [`${BIG}!`, `${BIG}!`] },
      map: new Map([
        ['k', BIG],
        ['body', `${BIG}!`],
      ]),
    });
  });

  it('changes nothing when it was only looked at', () => {
    const drafting = draftOf(page());
    const { tree } = drafting;
    drafting.edit((draft) => {
      expect(textOf(draft, 'body').slice(100_000, 100_010)).toBe(BIG.slice(100_000, 100_010));
      expect(textOf(draft, 'title').length).toBe(5);
      expect(textOf(draft.map, 'k').length).toBe(BIG.length);
    });
    expect(drafting.tree).toBe(tree);
    // The top of each text, the two nodes and leaf on the way, and the list, which stands in the block.
    expect(drafting.loads).toBeLessThanOrEqual(5);
  });

  it('is refused where there is none', () => {
    draftOf({ ...page(), set: new Set(['a']), n: 5, empty: {} }).edit((draft) => {
      const misses: [unknown, unknown][] = [
        [draft, 'absent'],
        [draft, 'n'],
        [draft, 'list'],
        [draft, undefined],
        [draft.list, 7],
        [draft.list, 'length'],
        [draft.set, 'a'],
        [draft.map, 'z'],
        [draft.empty, 'toString'],
      ];
      for (const [holder, key] of misses) {
        expect(errorOf(() => textOf(holder, key))).toMatchObject({ code: 'INVALID_REQUEST', message: /key of a text/ });
      }
      for (const holder of [5, null, 'text', { body: 'a' }, [BIG]]) {
        expect(errorOf(() => textOf(holder, 'body'))).toMatchObject({ message: /takes a draft/ });
      }
      expect(textOf(draft, 'title')).toBe(textOf(textOf(draft, 'title')));
    });
  });

  it('of another edit is refused', () => {
    draftOf(page()).edit((outer) => {
      const body = textOf(outer, 'body');
      const error = errorOf(() =>
        draftOf({ a: '' as unknown }).edit((inner) => {
          inner.a = body;
        }),
      );
      expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: /one edit.*into the draft of another/ });
    });
  });

  it('that was read and is assigned anew keeps its blocks but those that differ', () => {
    const drafting = draftOf({ body: BIG, list: [BIG], map: new Map([['k', BIG]]) }).edit((draft) => {
      draft.body = draft.body.replace('9 foxes', 'NINE FOXES');
      draft.body += '!';
      draft.list[0] = `${draft.list[0]}?`;
      draft.map.set('k', `.${draft.map.get('k')}`);
    });
    const body = `${BIG.replace('9 foxes', 'NINE FOXES')}!`;
    const value = { body, list: [`${BIG}?`], map: new Map([['k', `.${BIG}`]]) };
    expect(drafting.value).toEqual(value);
    expect(rootOf(drafting.tree)).toBe(rootOf(value));
  });

  it('that is assigned without being read is not read for that', () => {
    const drafting = draftOf({ body: BIG, other: 1 }).edit((draft) => {
      draft.body = `${BIG}!`;
    });
    expect(drafting.loads).toBe(0);
    expect(rootOf(drafting.tree)).toBe(rootOf({ body: `${BIG}!`, other: 1 }));
  });

  it('has the root of the text that comes out, whatever was done to it', () => {
    const sizes = fc.nat({ max: COMPONENT_LIMIT * 5 });
    const splices = fc.array(fc.tuple(fc.nat(), sizes, sizes, fc.boolean()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sizes, splices, (length, edits) => {
        let plain = prose(length);
        const drafting = draftOf({ text: plain, other: longText(1) });
        for (const [at, removed, added, isAssigned] of edits) {
          const from = at % (plain.length + 1);
          const inserted = prose(added);
          plain = plain.slice(0, from) + inserted + plain.slice(from + removed);
          drafting.edit((draft) => {
            if (isAssigned) draft.text = draft.text.slice(0, from) + inserted + draft.text.slice(from + removed);
            else textOf(draft, 'text').splice(from, removed, inserted);
          });
        }
        expect(rootOf(drafting.tree)).toBe(rootOf({ text: plain, other: longText(1) }));
      }),
      { numRuns: 100 },
    );
  });
});

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../house/clone.js';
import { anchors, documents, readDocument, withoutFences } from './markdown.js';

describe.each(documents)('%s', (path) => {
  const text = withoutFences(readDocument(path));

  it('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
    expect(links.filter((target) => !/^https?:/.test(target)).filter((target) => !isThere(path, target))).toEqual([]);
  });

  it('names files that exist', () => {
    const named = [...text.matchAll(/`((?:src|test|scripts|docs|examples|bench|samples)\/[\w./-]*)`/g)];
    const missing = named.map(([, file]) => file ?? '').filter((file) => !existsSync(join(projectRoot, file)));
    expect(missing).toEqual([]);
  });
});

function isThere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const to = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(projectRoot, to))) return false;
  return anchor === undefined || anchors(readDocument(to)).includes(anchor);
}

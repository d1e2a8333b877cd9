/**
 * Patterns with wildcards in a tree of tokens: finds everybody whose pattern means a subject. Patterns are taken as
 * checked. Keeps no routes and knows no queue groups.
 */
export interface Patterns<Receiver> {
  add(pattern: string, receiver: Receiver): void;
  remove(pattern: string, receiver: Receiver): void;
  /** Adds to `found`, in no particular order. */
  collect(subject: string, found: Receiver[]): void;
  readonly size: number;
}

interface Node<Receiver> {
  readonly children: Map<string, Node<Receiver>>;
  readonly receivers: Set<Receiver>;
}

export function createPatterns<Receiver>(): Patterns<Receiver> {
  const root = newNode<Receiver>();
  let size = 0;
  return {
    add(pattern, receiver) {
      let node = root;
      for (const token of pattern.split('.')) {
        const child = node.children.get(token) ?? newNode<Receiver>();
        node.children.set(token, child);
        node = child;
      }
      node.receivers.add(receiver);
      size++;
    },
    remove(pattern, receiver) {
      if (prune(root, pattern.split('.'), 0, receiver)) size--;
    },
    collect: (subject, found) => collect(root, subject, 0, found),
    get size() {
      return size;
    },
  };
}

function newNode<Receiver>(): Node<Receiver> {
  return { children: new Map(), receivers: new Set() };
}

/** From the token that begins at `start`. The depth is bounded by the length of subjects. */
function collect<Receiver>(node: Node<Receiver>, subject: string, start: number, found: Receiver[]): void {
  if (node.children.size === 0) return;
  const rest = node.children.get('>');
  if (rest !== undefined) found.push(...rest.receivers);
  const dot = subject.indexOf('.', start);
  const isLast = dot === -1;
  visit(node.children.get(isLast ? subject.slice(start) : subject.slice(start, dot)));
  visit(node.children.get('*'));

  function visit(child: Node<Receiver> | undefined): void {
    if (child === undefined) return;
    if (isLast) found.push(...child.receivers);
    else collect(child, subject, dot + 1, found);
  }
}

/** Takes a receiver out, and the nodes that nobody needs any more. Returns whether it was there. */
function prune<Receiver>(node: Node<Receiver>, tokens: readonly string[], depth: number, receiver: Receiver): boolean {
  const token = tokens[depth];
  if (token === undefined) return node.receivers.delete(receiver);
  const child = node.children.get(token);
  if (child === undefined) return false;
  const wasThere = prune(child, tokens, depth + 1, receiver);
  if (child.receivers.size === 0 && child.children.size === 0) node.children.delete(token);
  return wasThere;
}

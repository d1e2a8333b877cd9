/**
 * The texts of an item that are embedded, by LangGraph's paths: `$` (all of it), `title`, `meta.title`, `chapters[*].text`,
 * `authors[0]`, `authors[-1]`, `*`. What is no text is embedded as JSON.
 */

/** In the order in which they stand there; nothing where nothing is. */
export function textsAt(value: unknown, path: string): readonly string[] {
  let found: readonly unknown[] = [value];
  for (const step of stepsOf(path)) found = found.flatMap((one) => below(one, step));
  return found.flatMap(textOf);
}

function stepsOf(path: string): readonly string[] {
  const steps = path.replaceAll(/\[([^\]]*)\]/g, '.[$1]').split('.');
  return steps.filter((step, index) => step !== '' && !(index === 0 && step === '$'));
}

function below(value: unknown, step: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === '*' || step === '[*]') return Object.values(value);
  if (!step.startsWith('[')) return Object.hasOwn(value, step) ? [Reflect.get(value, step)] : [];
  const index = Number(step.slice(1, -1));
  const found: unknown = Array.isArray(value) ? value.at(index) : undefined;
  return Number.isInteger(index) && found !== undefined ? [found] : [];
}

function textOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const text = typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value);
  return text === undefined || text === '' ? [] : [text];
}

/**
 * Subjects and patterns as NATS has them: tokens between dots, `*` for one token, `>` for the rest. Checks and compares;
 * keeps nothing. Stricter than NATS in one point: `*` and `>` are wildcards or refused, never part of a name.
 */
import { HeliosError } from '../protocol/errors.js';
import { describe, MAX_SUBJECT_LENGTH } from '../protocol/index.js';

const DOT = 0x2e;
const STAR = 0x2a;
const REST = 0x3e;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * Returns the subject if a message can be sent to it: no wildcards, no empty tokens, no white space.
 * @throws HeliosError `INVALID_REQUEST` (details: `subject`)
 */
export function checkSubject(subject: string): string {
  check(subject, (wildcard) => {
    throw wrong(subject, `has no wildcards ('${wildcard}') when something is sent to it`);
  });
  return subject;
}

/**
 * Returns whether the pattern has wildcards, if one can subscribe to it.
 * @throws HeliosError `INVALID_REQUEST` (details: `subject`)
 */
export function checkPattern(pattern: string): boolean {
  let hasWildcards = false;
  check(pattern, (wildcard, at) => {
    hasWildcards = true;
    const isWhole = (at === 0 || pattern[at - 1] === '.') && (at + 1 === pattern.length || pattern[at + 1] === '.');
    if (!isWhole) throw wrong(pattern, `has '${wildcard}' only as a token of its own`);
    if (wildcard === '>' && at + 1 < pattern.length) throw wrong(pattern, "has '>' only at its end");
  });
  return hasWildcards;
}

/** Checks only the last token of a subject, which begins at `start`: for those whose front is known to be good. */
export function checkToken(subject: string, start: number): void {
  if (subject.length > MAX_SUBJECT_LENGTH || start === subject.length) checkSubject(subject);
  for (let at = start; at < subject.length; at++) {
    const code = subject.charCodeAt(at);
    if (code <= SPACE || code === DELETE || code === STAR || code === REST) checkSubject(subject);
  }
}

/** @throws HeliosError `INVALID_REQUEST` for what is no name of a queue group */
export function checkQueue(queue: string): void {
  if (/^[^\s\p{Cc}]+$/u.test(queue)) return;
  const message = `The name of a queue group is a text without white space; got ${describe(queue)}.`;
  throw new HeliosError('INVALID_REQUEST', message, { details: { queue } });
}

/** Whether a subject is one that the pattern means. Both are taken as checked. */
export function matches(pattern: string, subject: string): boolean {
  const expected = pattern.split('.');
  const found = subject.split('.');
  for (const [index, token] of expected.entries()) {
    if (index >= found.length) return false;
    if (token === '>') return true;
    if (token !== '*' && token !== found[index]) return false;
  }
  return expected.length === found.length;
}

function check(subject: string, onWildcard: (wildcard: '*' | '>', at: number) => void): void {
  if (typeof subject !== 'string') throw wrong(subject, 'is a text');
  if (subject.length > MAX_SUBJECT_LENGTH) throw wrong(subject, `has at most ${MAX_SUBJECT_LENGTH} characters`);
  let tokenStart = 0;
  for (let at = 0; at <= subject.length; at++) {
    const code = at === subject.length ? DOT : subject.charCodeAt(at);
    if (code === DOT) {
      if (at === tokenStart) throw wrong(subject, 'has no empty tokens');
      tokenStart = at + 1;
    } else if (code <= SPACE || code === DELETE) throw wrong(subject, 'has neither white space nor control characters');
    else if (code === STAR) onWildcard('*', at);
    else if (code === REST) onWildcard('>', at);
  }
}

function wrong(subject: unknown, rule: string): HeliosError {
  const message = `A subject ${rule}; got ${describe(subject)}.`;
  return new HeliosError('INVALID_REQUEST', message, { details: { subject } });
}

import { expect, test } from 'vitest';
import { ERROR_CODES, HeliosError, serviceErrorHeaders } from '../../src/protocol/index.js';

test('an error becomes the headers of the NATS services convention', () => {
  expect(serviceErrorHeaders(new HeliosError('UNKNOWN_OBJECT', 'Nothing is called "fox".'))).toEqual({
    'Nats-Service-Error': 'UNKNOWN_OBJECT: Nothing is called "fox".',
    'Nats-Service-Error-Code': '404',
  });
});

test('a message of many lines becomes one, so that it can break out of no header', () => {
  const { 'Nats-Service-Error': line } = serviceErrorHeaders(
    new HeliosError('INTERNAL', 'one\r\nStatus: 200\n\n\ttwo\0'),
  );
  expect(line).toBe('INTERNAL: one Status: 200 two');
});

test('a long one is cut', () => {
  const { 'Nats-Service-Error': line } = serviceErrorHeaders(new HeliosError('INTERNAL', 'x'.repeat(1_000)));
  expect(line).toMatch(/^INTERNAL: x+…$/);
  expect(line).toHaveLength(200);
});

test('every code has a number of three digits', () => {
  for (const code of ERROR_CODES) {
    const headers = serviceErrorHeaders(new HeliosError(code, 'It failed.'));
    expect(headers['Nats-Service-Error-Code']).toMatch(/^[45]\d\d$/);
  }
});

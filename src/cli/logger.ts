/** The log of a command: pino's JSON lines on stderr, silent unless somebody asks. Never anything on stdout. */
import { type Logger, pino } from 'pino';
import type { Screen } from './io.js';

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function loggerTo(stream: Screen, level: LogLevel): Logger {
  return pino({ name: 'helios', level }, stream);
}

/** Events of durable requests as lines: for a person, and as JSON in the form that they have on the wire. */
import type { HeliosEvent } from '../index.js';
import { jsonText } from './jsonText.js';
import type { Colours } from './screen/colours.js';
import { printable } from './screen/printable.js';
import { bytesText, durationText, timeText } from './screen/units.js';

/** Characters of a state's name, at most. */
const STATE_WIDTH = 12;

export function eventText(event: HeliosEvent, colours: Colours): string {
  const { at, state, id, object } = event;
  const colour = state === 'materialized' ? colours.green : state === 'failed' ? colours.red : colours.dim;
  return `${timeText(at)}  ${colour(state.padEnd(STATE_WIDTH))}  ${id}  ${printable(object)}  ${detailsText(event)}`.trimEnd();
}

export function eventJson(event: HeliosEvent): string {
  return jsonText({ ...event, at: event.at.toISOString() });
}

function detailsText(event: HeliosEvent): string {
  if (event.state === 'materialized') {
    const { worker, bytes, timings } = event;
    return `${bytesText(bytes)} in ${durationText(timings.totalUs)} by ${printable(worker)}`;
  }
  if ('error' in event) return printable(`${event.error.code}: ${event.error.message}`);
  return event.worker === undefined ? '' : `by ${printable(event.worker)}, attempt ${event.attempt}`;
}

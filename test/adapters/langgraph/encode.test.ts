/** Objects of LangChain are encoded once, as long as nobody changes them: by whom they were made makes no difference. */
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { Classes } from '../../../src/adapters/langgraph/classes.js';
import { Decoder } from '../../../src/adapters/langgraph/decode.js';
import { Encoder } from '../../../src/adapters/langgraph/encode.js';

const messages = (): BaseMessage[] => [
  new HumanMessage('hi'),
  new AIMessage({
    content: 'x',
    tool_calls: [{ name: 's', args: { z: 1, a: { y: 1, b: [1] } }, id: 'c', type: 'tool_call' }],
  }),
  new ToolMessage({
    content: [{ type: 'text', text: 'a' }],
    tool_call_id: 'c',
    artifact: new Map([
      ['b', 1],
      ['a', 2],
    ]),
  }),
];

function codec() {
  const classes = new Classes({});
  const encoder = new Encoder(classes);
  return { encoder, decoder: new Decoder(classes, encoder) };
}

describe('a message that was encoded', () => {
  it.each(['made here', 'made out of what was stored'])('is not encoded again: %s', (how) => {
    const { encoder, decoder } = codec();
    const first = encoder.elements(messages());
    const list = how === 'made here' ? messages() : first.map((one) => decoder.decode(one));
    const once = encoder.elements(list);
    expect(encoder.elements(list).map((one, index) => one === once[index])).toEqual([true, true, true]);
    if (how !== 'made here') expect(once.map((one, index) => one === first[index])).toEqual([true, true, true]);
  });

  it.each<[string, (message: BaseMessage) => void]>([
    ['its content', (message) => void Object.assign(message, { content: 'other' })],
    ['a field that it had not', (message) => void Object.assign(message, { more: 1 })],
    ['a field that it has no more', (message) => void Reflect.deleteProperty(message, 'id')],
    ['something deep in it', (message) => void Object.assign(message.additional_kwargs, { deep: 1 })],
    ['the order of keys in it', (message) => reorder(message as AIMessage)],
  ])('is encoded again when somebody changed %s', (_, change) => {
    const { encoder } = codec();
    const message = messages()[1] as BaseMessage;
    const [before] = encoder.elements([message]);
    change(message);
    const [after] = encoder.elements([message]);
    expect(after).not.toBe(before);
    expect(JSON.stringify(after)).not.toBe(JSON.stringify(before));
  });
});

function reorder({ tool_calls: calls }: AIMessage): void {
  const args = calls?.[0]?.args;
  if (args === undefined) return;
  const { z } = args;
  delete args.z;
  args.z = z;
}

/**
 * A chat model that needs no network: it answers by a script, and calls tools as a model of a provider would. It takes
 * what is cheapest at first sight, unless the plan says otherwise; so the plan is what a what-if changes.
 *
 * In a program of yours this file is one line, such as `new ChatOpenAI({ model: '…' }).bindTools(tools)`.
 */
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage } from '@langchain/core/messages';

export class ScriptedModel extends BaseChatModel {
  constructor() {
    super({});
  }

  _llmType() {
    return 'scripted';
  }

  async _generate(messages) {
    const message = answerTo(messages);
    return { generations: [{ text: message.text, message }] };
  }
}

/** The script. The first message tells the plan and the facts, as in graph.mjs. */
function answerTo([system, ...messages]) {
  const { plan, facts } = JSON.parse(system.text.slice(system.text.indexOf('{')));
  const told = new Map(messages.filter(isTool).map(({ name, text }) => [name, JSON.parse(text)]));
  if (!told.has('find_travel')) {
    return callTo(['find_travel', { to: 'Vienna' }], ['find_hotels', { city: 'Vienna', nights: 3 }]);
  }
  if (messages.at(-1).text.includes('discount') && !told.has('look_up')) {
    return callTo(['look_up', { about: 'discount' }]);
  }
  const offer = told.get('get_offer');
  if (offer !== undefined) {
    return new AIMessage(`My offer: ${offer.travel} and ${offer.hotel}, €${offer.total} with all transfers.`);
  }
  const travel = plan.travel ?? cheapest(told.get('find_travel')).id;
  const hotel = plan.hotel ?? cheapest(told.get('find_hotels')).id;
  return callTo(['get_offer', { travel, hotel, nights: 3, code: facts.discount?.code }]);
}

function callTo(...calls) {
  return new AIMessage({
    content: '',
    tool_calls: calls.map(([name, args]) => ({ type: 'tool_call', id: `call_${name}`, name, args })),
  });
}

function cheapest(offers) {
  return offers.reduce((best, one) => (one.price < best.price ? one : best));
}

function isTool({ type }) {
  return type === 'tool';
}

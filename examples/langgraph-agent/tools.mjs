/**
 * What the agent can do: find journeys and hotels, look something up, get an offer. Tables stand for the services behind it, so
 * that each run gives the same. What a tool finds out for the graph, beside its answer, it writes into a channel.
 */
import { ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { Command } from '@langchain/langgraph';
import { z } from 'zod';

/** Prices in euros. `transfer` is what comes on top: from where one arrives, and from the hotel to the venue each day. */
const TRAVEL = [
  { id: 'night-flight', price: 89, arrives: '23:40', transfer: 45 },
  { id: 'morning-flight', price: 149, arrives: '10:20', transfer: 12 },
  { id: 'train', price: 119, arrives: '17:05', transfer: 0 },
];
const HOTELS = [
  { id: 'airport-inn', perNight: 72, transfer: 24 },
  { id: 'central', perNight: 88, transfer: 0 },
];
const FACTS = { discount: { code: 'SUMMIT', hotel: 'central', percent: 25 } };

const findTravel = tool(() => JSON.stringify(TRAVEL.map(({ id, price, arrives }) => ({ id, price, arrives }))), {
  name: 'find_travel',
  description: 'Journeys to a city, with their fares',
  schema: z.object({ to: z.string() }),
});

const findHotels = tool(
  ({ nights }) => JSON.stringify(HOTELS.map(({ id, perNight }) => ({ id, price: perNight * nights }))),
  {
    name: 'find_hotels',
    description: 'Hotels in a city, with their prices',
    schema: z.object({ city: z.string(), nights: z.number() }),
  },
);

const lookUp = tool(
  ({ about }, { toolCall }) => answer(toolCall, FACTS[about] ?? null, { facts: { [about]: FACTS[about] } }),
  {
    name: 'look_up',
    description: 'What is known about something',
    schema: z.object({ about: z.string() }),
  },
);

const getOffer = tool(
  (order, { toolCall }) => {
    const offer = { ...order, total: totalOf(order) };
    return answer(toolCall, offer, { offer });
  },
  {
    name: 'get_offer',
    description: 'What a journey and a hotel cost in all',
    schema: z.object({ travel: z.string(), hotel: z.string(), nights: z.number(), code: z.string().optional() }),
  },
);

export const tools = [findTravel, findHotels, lookUp, getOffer];

/** An answer that goes into the messages, and what goes into other channels. */
function answer({ id, name }, content, update) {
  const message = new ToolMessage({ name, tool_call_id: id, content: JSON.stringify(content) });
  return new Command({ update: { ...update, messages: [message] } });
}

function totalOf({ travel, hotel, nights, code }) {
  const journey = TRAVEL.find(({ id }) => id === travel);
  const room = HOTELS.find(({ id }) => id === hotel);
  const isLess = code === FACTS.discount.code && hotel === FACTS.discount.hotel;
  const perNight = isLess ? room.perNight * (1 - FACTS.discount.percent / 100) : room.perNight;
  return journey.price + journey.transfer + nights * (perNight + room.transfer);
}

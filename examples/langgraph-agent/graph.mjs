/** The agent: the model and its tools in turns, until it calls none. */
import { SystemMessage } from '@langchain/core/messages';
import { Annotation, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import { tools } from './tools.mjs';

/** So a node, or updateState, tells what is new in it; and what it tells twice changes nothing. */
const into = (all, more) => ({ ...all, ...more });

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  /** What is decided: `travel`, `hotel`. What isn't, is up to the model. */
  plan: Annotation({ reducer: into, default: () => ({}) }),
  /** What tools found out. */
  facts: Annotation({ reducer: into, default: () => ({}) }),
  /** What it comes to in the end. */
  offer: Annotation(),
});

export function tripAgent(model, checkpointer) {
  const agent = async ({ messages, plan, facts }) => {
    const system = new SystemMessage(`You plan journeys. This is what is known: ${JSON.stringify({ plan, facts })}`);
    return { messages: [await model.invoke([system, ...messages])] };
  };
  return new StateGraph(State)
    .addNode('agent', agent)
    .addNode('tools', new ToolNode(tools))
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', toolsCondition)
    .addEdge('tools', 'agent')
    .compile({ checkpointer });
}

/** `walker.mjs DIRECTORY`: a graph that counts on for ever, from where the thread is, and says each step that is stored. */
import { Annotation, START, StateGraph } from '@langchain/langgraph';
import { HeliosSaver } from '../../../../dist/adapters/langgraph/index.js';

const saver = new HeliosSaver({ store: process.argv[2] });
const State = Annotation.Root({
  steps: Annotation({ reducer: (_, next) => next, default: () => 0 }),
  log: Annotation({ reducer: (all, more) => [...all, ...more], default: () => [] }),
});
const graph = new StateGraph(State)
  .addNode('walk', ({ steps }) => ({ steps: steps + 1, log: [`step ${steps + 1}`] }))
  .addEdge(START, 'walk')
  .compile({ checkpointer: saver });
const config = { configurable: { thread_id: 'thread' }, durability: 'sync' };

for (;;) {
  const { steps } = await graph.invoke({}, config);
  console.log(JSON.stringify(steps));
}

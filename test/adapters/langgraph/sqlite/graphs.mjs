/**
 * Graphs as people write them, for the program that fills a file with SqliteSaver, and for the test that goes on with
 * what it left. The libraries are handed in, since that program has copies of its own. Models are scripts.
 */

/**
 * @param {{ langgraph: any, messages: any }} libraries `@langchain/langgraph` and `@langchain/core/messages`
 * @param {unknown} checkpointer
 * @returns {Record<'agent' | 'approval' | 'nested' | 'fan' | 'keeper' | 'delta', any>} compiled
 */
export function graphsOver({ langgraph, messages }, checkpointer) {
  const {
    Annotation,
    Command,
    END,
    MessagesAnnotation,
    MessagesDeltaValue,
    Send,
    START,
    StateGraph,
    StateSchema,
    interrupt,
  } = langgraph;
  const { AIMessage, ToolMessage } = messages;

  const State = Annotation.Root({
    ...MessagesAnnotation.spec,
    plan: Annotation(),
    counters: Annotation({ reducer: (before, more) => ({ ...before, ...more }), default: () => ({}) }),
  });
  const call = (n, at) => ({
    name: 'count',
    args: { n, deep: { z: 1, a: [n] } },
    id: `call-${at}-${n}`,
    type: 'tool_call',
  });

  /** An agent that calls three tools at once, then answers. */
  const agent = new StateGraph(State)
    .addNode('agent', ({ messages: all }) => {
      const at = all.length;
      if (all.at(-1)?._getType?.() === 'human') {
        return {
          messages: [
            new AIMessage({ content: '', id: `ai-${at}`, tool_calls: [call(1, at), call(2, at), call(3, at)] }),
          ],
          plan: { z: 'last first', a: ['one', { b: null }], at },
          counters: { [`turn ${at}`]: at },
        };
      }
      const usage_metadata = { input_tokens: at, output_tokens: 2, total_tokens: at + 2 };
      return { messages: [new AIMessage({ content: `answer after ${at}`, id: `ai-${at}`, usage_metadata })] };
    })
    .addNode('tools', ({ messages: all }) => ({
      messages: (all.at(-1)?.tool_calls ?? []).map(
        ({ id, args }) =>
          new ToolMessage({
            content: `counted ${args.n}`,
            tool_call_id: id,
            id: `tool-${id}`,
            artifact: { raw: [args.n] },
          }),
      ),
    }))
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', ({ messages: all }) => (all.at(-1)?.tool_calls?.length > 0 ? 'tools' : END))
    .addEdge('tools', 'agent')
    .compile({ checkpointer });

  const Answer = Annotation.Root({
    question: Annotation(),
    answers: Annotation({ reducer: (a, b) => [...a, b], default: () => [] }),
  });
  /** Two that ask at once, and wait. */
  const approval = new StateGraph(Answer)
    .addNode('ask', ({ question }) => ({ answers: `ask: ${interrupt({ question, by: 'ask' })}` }))
    .addNode('second', ({ question }) => ({ answers: `second: ${interrupt({ question, by: 'second' })}` }))
    .addNode('close', ({ answers }) => ({ answers: `closed after ${answers.length}` }))
    .addEdge(START, 'ask')
    .addEdge(START, 'second')
    .addEdge(['ask', 'second'], 'close')
    .addEdge('close', END)
    .compile({ checkpointer });

  const inner = new StateGraph(Answer)
    .addNode('prepare', () => ({ answers: 'prepared' }))
    .addNode('ask', ({ question }) => ({ answers: `inner: ${interrupt(question)}` }))
    .addEdge(START, 'prepare')
    .addEdge('prepare', 'ask')
    .addEdge('ask', END)
    .compile();
  /** A graph in a graph, which waits inside. */
  const nested = new StateGraph(Answer)
    .addNode('inner', inner)
    .addNode('after', () => ({ answers: 'after' }))
    .addEdge(START, 'inner')
    .addEdge('inner', 'after')
    .addEdge('after', END)
    .compile({ checkpointer });

  const Fan = Annotation.Root({
    items: Annotation(),
    done: Annotation({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  });
  /** One task for each item, side by side. */
  const fan = new StateGraph(Fan)
    .addNode('split', () => ({}))
    .addNode('work', ({ item }) => (item === 'bad' ? interrupt('a bad item') : { done: [`${item}!`] }))
    .addNode('join', ({ done }) => new Command({ update: { done: [`joined ${done.length}`] } }))
    .addEdge(START, 'split')
    .addConditionalEdges('split', ({ items }) => items.map((item) => new Send('work', { item })))
    .addEdge('work', 'join')
    .addEdge('join', END)
    .compile({ checkpointer });

  const Anything = Annotation.Root({ value: Annotation(), more: Annotation() });
  /** Keeps whatever it is given. */
  const keeper = new StateGraph(Anything)
    .addNode('keep', ({ value }) => ({ more: { kept: value } }))
    .addEdge(START, 'keep')
    .addEdge('keep', END)
    .compile({ checkpointer });

  /** Its messages are a channel that stores what is new. */
  const delta = new StateGraph(new StateSchema({ messages: MessagesDeltaValue }))
    .addNode('answer', ({ messages: all }) => ({
      messages: [new AIMessage({ content: `${all.length}`, id: `d-${all.length}` })],
    }))
    .addEdge(START, 'answer')
    .addEdge('answer', END)
    .compile({ checkpointer });

  return { delta, agent, approval, nested, fan, keeper };
}

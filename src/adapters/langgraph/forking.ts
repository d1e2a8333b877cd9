/** What of a thread a fork begins with: what it was when its newest checkpoint was the one of the fork, and no later. */
import { INTERRUPT } from '@langchain/langgraph-checkpoint';
import { isHidden, type Thread } from './thread.js';

/**
 * Makes a thread what it was at a checkpoint.
 * @param end an id after all that there are: what is made from now on is the fork's own
 */
export function cutAt(draft: Thread, before: Readonly<Thread>, id: string, end: string): void {
  // As it stands, with the steps that subgraphs have taken since: they wait with it.
  if (id === before.latest['']) return;
  draft.hidden = [...(before.hidden ?? []), { after: id, before: end }];
  draft.latest = {};
  for (const [namespace, checkpoints] of Object.entries(before.checkpoints)) {
    const ids = Object.keys(checkpoints).filter((one) => !isHidden(before, one));
    const latest = ids
      .filter((one) => one <= id)
      .sort()
      .at(-1);
    if (latest === undefined) continue;
    draft.latest[namespace] = latest;
    if (ids.some((one) => checkpoints[one]?.parent === latest)) takeStepBack(draft, before, namespace, latest);
  }
}

/** What the tasks of a step have done goes, or the fork would take it for done; what they have asked stays. */
function takeStepBack(draft: Thread, before: Readonly<Thread>, namespace: string, id: string): void {
  for (const [key, { channel }] of Object.entries(before.writes[namespace]?.[id] ?? {})) {
    if (channel !== INTERRUPT) delete draft.writes[namespace]?.[id]?.[key];
  }
}

/**
 * Step 2: ten agents, each with a payload as its task and a small memory, and a hundred branches of each, weighted and
 * edited one by one: what an agent that tries a hundred ways on would do. Nothing is copied; a branch costs its edit.
 */
import type { Helios, StateReference, Value } from '../../index.js';
import { bytesText, countText } from '../screen/units.js';
import { type Checks, must, mustEqual } from './checks.js';
import { type Latencies, latenciesOf, latencyText, spread, timed } from './figures.js';
import type { Stage } from './stage.js';
import type { TourInput } from './tourInput.js';

export interface Branching {
  readonly agents: number;
  readonly branches: number;
  /** Of `branch()`, `edit()`, and the hashing that follows an edit when its root is first read. */
  readonly branch: Latencies;
  readonly edit: Latencies;
  readonly root: Latencies;
  /** What one more branch added to the store, on average, and what a copy of its agent would have. */
  readonly bytesPerBranch: number;
  readonly bytesPerCopy: number;
}

/** A type, not an interface: only those are values that a store can hold, in the compiler's eyes. */
type Agent = {
  name: string;
  task: Value;
  memory: string[];
  steps: number;
};

const AGENTS = 10;
const BRANCHES = 100;

export function agentName(agent: number): string {
  return `agents/${agent}`;
}

export function branchName(agent: number, branch: number): string {
  return `${agentName(agent)}/branches/${branch}`;
}

export async function branchAll(helios: Helios, input: TourInput, stage: Stage, checks: Checks): Promise<Branching> {
  const { agents, bases } = await makeAgents(helios, input);
  const before = helios.stats().store.bytes;
  const samples: Samples = { branch: [], edit: [], root: [] };
  stage.begin('branches', 'branches', AGENTS * BRANCHES);
  for (const [index, base] of bases.entries()) {
    await stage.pause();
    await makeBranches(base, index, samples, stage);
  }
  const branches = agents.length * BRANCHES;
  const bytesPerBranch = (helios.stats().store.bytes - before) / branches;
  const bytesPerCopy = bases.reduce((sum, { bytes }) => sum + bytes, 0) / bases.length;
  await prove(helios, agents, stage, checks);

  const { branch, edit, root } = samples;
  const figures: Branching = {
    ...{ agents: agents.length, branches, bytesPerBranch, bytesPerCopy },
    ...{ branch: latenciesOf(branch), edit: latenciesOf(edit), root: latenciesOf(root) },
  };
  await stage.say(
    `  ${countText(branches)} branches of ${agents.length} agents: ${latencyText(figures.branch.p50Us)} to branch, ` +
      `${latencyText(figures.edit.p50Us)} to edit, ${bytesText(Math.round(bytesPerBranch))} for one more ` +
      `(a copy: ${bytesText(Math.round(bytesPerCopy))})`,
  );
  return figures;
}

interface Samples {
  readonly branch: number[];
  readonly edit: number[];
  readonly root: number[];
}

async function makeAgents(helios: Helios, input: TourInput) {
  const tasks = spread(await input.population.members(), AGENTS);
  const agents = tasks.map(
    ({ name, value }, index): Agent => ({
      name: `agent ${index}`,
      task: value,
      memory: [`was given ${name}`, 'has read it once', 'wonders what to do about it'],
      steps: 0,
    }),
  );
  const bases = agents.map((agent) => helios.create('record', agent));
  await Promise.all(bases.map((base, index) => base.save(agentName(index))));
  return { agents, bases };
}

async function makeBranches(base: StateReference<Agent>, index: number, samples: Samples, stage: Stage) {
  const saves: Promise<unknown>[] = [];
  for (let branch = 0; branch < BRANCHES; branch++) {
    const branched = timed(() => base.branch({ weight: weightOf(branch) }));
    const edited = timed(() =>
      branched.value.edit((draft) => {
        draft.memory.push(thoughtOf(branch));
        draft.steps += 1;
      }),
    );
    const rooted = timed(() => edited.value.root);
    samples.branch.push(branched.us);
    samples.edit.push(edited.us);
    samples.root.push(rooted.us);
    // A branch is a state of its own from here on: a new name, which must not be taken.
    saves.push(edited.value.save(branchName(index, branch), { expect: 'absent', message: `way ${branch}` }));
    stage.tick();
  }
  await Promise.all(saves);
}

/** The first ways are the likeliest; all together are certain, but for what rounding takes. */
function weightOf(branch: number): number {
  const share = (2 * (BRANCHES - branch)) / (BRANCHES * (BRANCHES + 1));
  return Number(share.toFixed(4));
}

function thoughtOf(branch: number): string {
  return `tries way ${branch}`;
}

async function prove(helios: Helios, agents: readonly Agent[], stage: Stage, checks: Checks): Promise<void> {
  const own = checks.claim(`each of ${countText(agents.length * BRANCHES)} branches holds its own edit and no other`);
  const apart = checks.claim('no two branches have the same root, and each kept its weight');
  const untouched = checks.claim(`the ${agents.length} agents that they branched off are as they were`);
  const roots = new Set<string>();
  for (const [index, agent] of agents.entries()) {
    await stage.pause();
    const base = await helios.load(agentName(index));
    untouched.prove(() => mustEqual(base.materialize(), agent, `${agentName(index)} has changed`));
    for (let branch = 0; branch < BRANCHES; branch++) {
      const reference = await helios.load(branchName(index, branch));
      const expected = { ...agent, memory: [...agent.memory, thoughtOf(branch)], steps: 1 };
      own.prove(() => mustEqual(reference.materialize(), expected, `${branchName(index, branch)} is otherwise`));
      apart.prove(() => {
        const name = branchName(index, branch);
        mustEqual(reference.weight, weightOf(branch), `${name} has another weight`);
        must(reference.root !== base.root && !roots.has(reference.root), `${name} has the root of another state`);
      });
      roots.add(reference.root);
    }
  }
  await stage.judge(own, apart, untouched);
}

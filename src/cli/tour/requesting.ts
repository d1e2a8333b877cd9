/**
 * Step 3: asks for objects the way a program does that doesn't hold them: a request, which becomes an actor; a
 * supervisor, which queues it by worth; a worker, which restores. Whole objects, single places of the large document,
 * ten askers at once; cold (nothing is kept in decoded form, so that every request restores) and cached.
 */
import { Helios, type Materialized, type MaterializeRequest, type Path, type RequestStats } from '../../index.js';
import { countText } from '../screen/units.js';
import { type Checks, mustEqual, type ProvenClaim } from './checks.js';
import { type Latencies, latenciesOf, spread } from './figures.js';
import { placesIn } from './places.js';
import type { Stage } from './stage.js';
import type { Member, TourInput } from './tourInput.js';

/** What one kind of asking came to. */
export interface Asking {
  /** What is asked for. */
  readonly label: string;
  readonly state: 'cold' | 'cached';
  /** How many ask for the same at once. */
  readonly askers: number;
  readonly requests: number;
  /** Restorations that really ran for them. */
  readonly restorations: number;
  /** From the call until the value was there; with several askers, until the last of them had it. */
  readonly latencies: Latencies;
}

const ASKERS = 10;
/** How often is asked at least, of each kind: enough for a p99. Cold and cached alike, in whole rounds over everything. */
const SAMPLES_MIN = 1_000;
/** Ten who ask at once do so a fifth as often. */
const SHARED_SHARE = 0.2;
/** Places of the document that are asked for, beside those that the input names. */
const PLACES = 200;
const PLACE_DEPTH = 3;
/** How often the whole document is restored from nothing. */
const WHOLE_DOCUMENTS = 3;
/** Requests between two pauses. */
const BETWEEN_PAUSES = 64;

interface Work {
  readonly input: TourInput;
  readonly stage: Stage;
  readonly samplesMin: number;
  readonly members: readonly Member[];
  readonly document: unknown;
  readonly places: readonly { readonly path: Path; readonly value: unknown }[];
  readonly claims: Readonly<Record<'whole' | 'place' | 'one' | 'cached', ProvenClaim>>;
}

export async function askForAll(
  input: TourInput,
  stage: Stage,
  checks: Checks,
  samplesMin = SAMPLES_MIN,
): Promise<Asking[]> {
  const work = await prepare(input, stage, checks, samplesMin);
  const { storeDir: store, population } = input;
  const whole = population.noun;
  const place = 'place in document';
  const large = 'document';

  const cold = await withHelios({ store, memoryBytes: 0 }, async (helios) => {
    await warmUp(work, helios);
    return [
      await asking(work, helios, whole, 'cold', wholes(work, helios)),
      await asking(work, helios, place, 'cold', places(work, helios)),
      await asking(work, helios, whole, 'cold', tens(work, helios), work.claims.one),
    ];
  });
  const restored = await documentsCold(work, large);
  const cached = await withHelios({ store }, async (helios) => {
    await warmUp(work, helios);
    return [
      await asking(work, helios, whole, 'cached', wholes(work, helios)),
      await asking(work, helios, place, 'cached', places(work, helios)),
      await asking(work, helios, whole, 'cached', tens(work, helios)),
      await asking(work, helios, large, 'cached', documentsOf(work, helios)),
    ];
  });
  const again = cached.reduce((sum, { restorations }) => sum + restorations, 0);
  work.claims.cached.prove(() => mustEqual(again, 0, `${again} restorations ran again`));

  const { claims } = work;
  await stage.judge(claims.whole, claims.place, claims.one, claims.cached);
  return [...cold, restored, ...cached];
}

async function prepare(input: TourInput, stage: Stage, checks: Checks, samplesMin: number): Promise<Work> {
  const last = input.document.releases.at(-1);
  const document: unknown = JSON.parse((await last?.text()) ?? 'null');
  const found = spread(placesIn(document, PLACE_DEPTH), PLACES);
  const named = input.document.places.map(({ path, of }) => ({ path, value: of(document) }));
  return {
    ...{ input, stage, samplesMin, document, places: [...named, ...found] },
    members: await input.population.members(),
    claims: {
      whole: checks.claim('every object that was asked for came as it is in the original'),
      place: checks.claim(`every place asked for by path holds what plain JavaScript finds in the original`),
      one: checks.claim('ten who asked for one object at once shared one restoration'),
      cached: checks.claim('what had been restored was not restored again'),
    },
  };
}

/** Opens the tour's store, as another program would, and closes it. */
async function withHelios<T>(options: Parameters<typeof Helios.open>[0], work: (helios: Helios) => Promise<T>) {
  const helios = await Helios.open(options);
  try {
    return await work(helios);
  } finally {
    await helios.close();
  }
}

/** One round of asking: what is asked for at once, and what its values must be. */
interface Round {
  readonly ask: () => readonly MaterializeRequest<unknown>[];
  readonly prove: (values: readonly unknown[]) => void;
}

function wholes({ members, samplesMin, claims }: Work, helios: Helios): readonly Round[] {
  return repeated(members, samplesMin, ({ name, value }) => ({
    ask: () => [helios.request(name)],
    prove: ([got]) => claims.whole.prove(() => mustEqual(got, value, `${name} came otherwise`)),
  }));
}

function places({ input, places, samplesMin, claims }: Work, helios: Helios): readonly Round[] {
  const { name } = input.document;
  return repeated(places, samplesMin, ({ path, value }) => ({
    ask: () => [helios.request(name, { paths: [path] })],
    prove: ([got]) => {
      claims.place.prove(() => mustEqual(Object.values(got ?? {}), [value], `${path} holds something else`));
    },
  }));
}

function tens({ members, samplesMin, claims }: Work, helios: Helios): readonly Round[] {
  return repeated(members, samplesMin * SHARED_SHARE, ({ name, value }) => ({
    ask: () => Array.from({ length: ASKERS }, () => helios.request(name)),
    prove: (values) => {
      const expected = Array.from({ length: ASKERS }, () => value);
      claims.whole.prove(() => mustEqual(values, expected, `${name} came otherwise to one of ten`));
    },
  }));
}

function documentsOf({ input, document, claims }: Work, helios: Helios): readonly Round[] {
  return Array.from({ length: WHOLE_DOCUMENTS }, () => ({
    ask: () => Array.from({ length: ASKERS }, () => helios.request(input.document.name)),
    prove: (values) => {
      // One comparison of 20 MB is enough, where all ten are one and the same.
      for (const value of new Set(values)) {
        claims.whole.prove(() => mustEqual(value, document, `${input.document.name} came otherwise`));
      }
    },
  }));
}

/** Goes over all items as often as it takes to have so many rounds. */
function repeated<T>(items: readonly T[], roundsMin: number, roundOf: (item: T) => Round): readonly Round[] {
  return Array.from({ length: Math.ceil(roundsMin / items.length) }, () => items.map(roundOf)).flat();
}

/** Runs rounds one after the other. Where `one` is given, each of them must come down to one restoration. */
async function asking(
  { stage }: Work,
  helios: Helios,
  label: string,
  state: Asking['state'],
  rounds: readonly Round[],
  one?: ProvenClaim,
): Promise<Asking> {
  const { restorations: earlier } = helios.stats().requests;
  const samplesUs: number[] = [];
  let count = 0;
  let askers = 0;
  stage.begin(`${label}, ${state}`, 'requests', rounds.length);
  for (let from = 0; from < rounds.length; from += BETWEEN_PAUSES) {
    await stage.pause();
    const some = rounds.slice(from, from + BETWEEN_PAUSES);
    const before = helios.stats().requests;
    const answers: (readonly Materialized<unknown>[])[] = [];
    for (const { ask } of some) {
      const startedAt = performance.now();
      const asked = ask();
      const results = await Promise.all(asked.map((request) => request.result));
      samplesUs.push((performance.now() - startedAt) * 1_000);
      count += asked.length;
      askers = asked.length;
      answers.push(results);
    }
    const after = helios.stats().requests;
    one?.prove(() => mustBeShared(before, after, some.length, askers));
    // Not before all are measured: to compare a value takes longer than to ask for it, and sweeps the processor's caches.
    for (const [index, { prove }] of some.entries()) {
      prove((answers[index] ?? []).map(({ value }) => value));
      stage.tick();
    }
  }
  const restorations = helios.stats().requests.restorations - earlier;
  return { label, state, askers, requests: count, restorations, latencies: latenciesOf(samplesUs) };
}

function mustBeShared(before: RequestStats, after: RequestStats, rounds: number, askers: number): void {
  const ran = after.restorations - before.restorations;
  mustEqual(ran, rounds, `${askers} who asked at once for each of ${rounds} objects led to ${ran} restorations`);
  mustEqual(after.joined - before.joined, rounds * (askers - 1), 'not all of the others joined one');
}

/** The whole document each time in a Helios that has just been opened: too large to restore as often as the rest. */
async function documentsCold(work: Work, label: string): Promise<Asking> {
  const runs: { readonly us: number; readonly restorations: number }[] = [];
  for (let run = 0; run < WHOLE_DOCUMENTS; run++) {
    await withHelios({ store: work.input.storeDir }, async (helios) => {
      const rounds = documentsOf(work, helios).slice(0, 1);
      const { latencies, restorations } = await asking(work, helios, label, 'cold', rounds, work.claims.one);
      runs.push({ us: latencies.p50Us ?? 0, restorations });
    });
  }
  const restorations = runs.reduce((sum, run) => sum + run.restorations, 0);
  const latencies = latenciesOf(runs.map(({ us }) => us));
  return { label, state: 'cold', askers: ASKERS, requests: runs.length * ASKERS, restorations, latencies };
}

/** Asks for everything once, so that it is in the cache, if there is one, and the compiler has seen the code at work. */
async function warmUp({ input, members, places, stage }: Work, helios: Helios): Promise<void> {
  const { name: document } = input.document;
  stage.begin('warming up', 'requests', 1 + members.length + places.length);
  await helios.request(document).result;
  for (const { name } of members) {
    await helios.request(name).result;
    stage.tick();
  }
  await stage.pause();
  for (const { path } of places) {
    await helios.request(document, { paths: [path] }).result;
    stage.tick();
  }
}

export function askingText(askings: readonly Asking[]): string {
  const requests = askings.reduce((sum, asking) => sum + asking.requests, 0);
  const restorations = askings.reduce((sum, asking) => sum + asking.restorations, 0);
  return `${countText(requests)} requests came down to ${countText(restorations)} restorations`;
}

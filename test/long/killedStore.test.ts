import { it } from 'vitest';
import { buildOnce } from '../cluster.js';
import { killAndLook, PHASES } from '../integration/killedStore.js';

it.each(Object.keys(PHASES) as (keyof typeof PHASES)[])(
  'thirty kills at %s leave a store that is whole',
  async (what) => {
    buildOnce();
    await killAndLook(what, 30);
  },
);

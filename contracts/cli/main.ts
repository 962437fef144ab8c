import path from 'node:path';
import { mistakesInKeys } from '#chassis/events/business-keys.ts';
import { eventSchemas, staleGenerated, writeGenerated } from './generate.ts';
import { redocly } from './redocly.ts';
import { approve, approver, brokenPromises } from './releases.ts';
import { contractSources, contractsRoot, eventsSource } from './sources.ts';

/** `npm run contracts -- <verb>`: each says by its result whether all is well. */
const verbs: Record<string, (names: string[]) => Promise<boolean>> = {
  async generate() {
    await writeGenerated();
    return true;
  },
  async lint() {
    const root = path.resolve(contractsRoot, '..');
    const files = [...(await contractSources()).map((source) => source.file), eventsSource].map((file) => path.relative(root, file));
    const mistakes = mistakesInKeys(await eventSchemas());
    if (mistakes.length > 0) console.error(`Business keys of events:\n  ${mistakes.join('\n  ')}`);
    return (await redocly(['lint', '--format', 'stylish', ...files])) === 0 && mistakes.length === 0;
  },
  async diff() {
    const broken = await brokenPromises();
    if (broken.length > 0) console.error(`Promises broken; a breaking change needs a new version beside the old one:\n  ${broken.join('\n  ')}`);
    return broken.length === 0;
  },
  async approve(names) {
    const approved = await approve(names, approver(), new Date().toISOString().slice(0, 10));
    console.log(approved.length > 0 ? `Approved:\n  ${approved.join('\n  ')}` : 'No contract has such a name.');
    return approved.length > 0;
  },
  async check(names) {
    const stale = await staleGenerated();
    if (stale.length > 0) console.error(`Out of date, run "npm run contracts -- generate":\n  ${stale.join('\n  ')}`);
    const results = [await verbs['lint']!(names), await verbs['diff']!(names), stale.length === 0];
    return results.every(Boolean);
  },
};

const [verb = '', ...names] = process.argv.slice(2);
const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
if (!run) {
  console.error(`npm run contracts -- <${Object.keys(verbs).join(' | ')}>`);
  process.exitCode = 2;
} else {
  process.exitCode = (await run(names)) ? 0 : 1;
}

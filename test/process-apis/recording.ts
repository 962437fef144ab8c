import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AnyApiModule, Platform } from '#chassis/deployable/api-module.ts';
import type { LifeEvent, StoredSnapshot } from '#chassis/lifecycle/life.ts';

/** Set by `commands/replay-lives.ts --record`, which makes the corpus of a version of what the tests let happen. */
const folder = process.env['CALLOSUM_RECORD_LIVES'];

/** Notes what happened to a life before it did. */
export function noteHappening(name: string, snapshot: StoredSnapshot, event: LifeEvent): void {
  if (folder) appendFileSync(path.join(folder, `${name}.${process.pid}`), `${JSON.stringify({ snapshot, event })}\n`);
}

/** The settings under which all of it is replayed. */
export function noteSettings(name: string, settings: unknown): void {
  if (folder) writeFileSync(path.join(folder, `settings.${name}.json`), JSON.stringify(settings));
}

/** The same API, with what happens to its lives noted. */
export function recorded(module: AnyApiModule): AnyApiModule {
  return folder ? { ...module, create: (platform, settings) => module.create({ ...platform, lives: notedLives(platform) }, settings) } : module;
}

function notedLives({ lives }: Platform): Platform['lives'] {
  return {
    ...lives,
    async apply(tx, lifeId, event, actor) {
      const [life] = await tx.query<{ process: string; snapshot: StoredSnapshot }>('select process, snapshot from chassis.lives where id = $1 for update', [lifeId]);
      if (life) noteHappening(life.process, life.snapshot, event);
      return lives.apply(tx, lifeId, event, actor);
    },
  };
}

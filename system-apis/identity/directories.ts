import { Type, type Static } from '@sinclair/typebox';
import type { AdapterDeps, Closable } from '#chassis/adapters/adapter.ts';
import { checkSection, ConfigError } from '#chassis/config/config.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { adapters, type DirectoryKind } from './adapters/index.ts';
import type { Directory, DirectoryAdapter } from './port.ts';

const DirectorySettings = Type.Object({
  /** By the name of its folder under adapters/. */
  adapter: Type.String(),
  /** In the shape that the adapter declares. */
  settings: Type.Unknown(),
}, { additionalProperties: false });

export const Settings = Type.Object({
  /** Systems that hold accounts, under names of our own. */
  directories: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{1,30}$' }), DirectorySettings, { minProperties: 1 }),
}, { additionalProperties: false });

export interface OpenDirectory {
  name: string;
  adapter: DirectoryKind;
  port: Directory & Closable;
}

export interface Directories {
  readonly all: readonly OpenDirectory[];
  /** @throws ApiError 'not-found' when none of this name is configured */
  named(name: string): Directory;
  close(): Promise<void>;
}

/** Opens all directories, or says everything that is wrong with their configuration. */
export function openDirectories({ directories }: Static<typeof Settings>, deps: AdapterDeps): Directories {
  const mistakes: string[] = [];
  const checked = Object.entries(directories).map(([name, { adapter: kind, settings }]) => {
    const place = `/apis/identity/directories/${name}`;
    const adapter = Object.hasOwn(adapters, kind) ? adapters[kind as DirectoryKind] as DirectoryAdapter : undefined;
    if (!adapter) mistakes.push(`${place}/adapter: must be one of ${Object.keys(adapters).join(', ')}`);
    const section = adapter ? checkSection(adapter.settings, settings, `${place}/settings`, mistakes) : undefined;
    return { name, kind: kind as DirectoryKind, adapter, section };
  });
  if (mistakes.length > 0) throw new ConfigError(mistakes);

  const all = checked.map(({ name, kind, adapter, section }): OpenDirectory => ({ name, adapter: kind, port: adapter!.create(section as never, deps) }));
  return {
    all,
    named(name) {
      const found = all.find((each) => each.name === name);
      if (!found) throw new ApiError('not-found', 'There is no such directory.', { code: 'unknown-directory' });
      return found.port;
    },
    async close() {
      for (const { port } of all) await port.close();
    },
  };
}

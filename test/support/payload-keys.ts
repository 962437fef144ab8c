import path from 'node:path';
import { ensureKeyFile } from '#chassis/payloads/key-files.ts';
import type { PayloadSettings } from '#chassis/payloads/settings.ts';

/** Master keys in files in a directory of the test, as the configuration names them: the first is current. */
export async function payloadKeysIn(directory: string, ...ids: string[]): Promise<PayloadSettings> {
  const masterKeys = (ids.length > 0 ? ids : ['test']).map((id) => ({ id, file: path.join(directory, `${id}.key`) }));
  for (const { file } of masterKeys) await ensureKeyFile(file);
  return { masterKeys };
}

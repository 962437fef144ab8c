const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT_POLL_MS = 250;

/**
 * Hear once that this command should end: Ctrl-C, a signal, or the end of the npm that runs it.
 *
 * npm runs a script through a shell. A SIGTERM for npm ends npm and that shell, but does not reach the script, which
 * would go on alone.
 *
 * @param end told the signal; a parent that is gone counts as SIGTERM
 */
export function onEnd(end: (signal: NodeJS.Signals) => void): void {
  let ended = false;
  const once = (signal: NodeJS.Signals): void => {
    if (ended) return;
    ended = true;
    end(signal);
  };
  for (const signal of SIGNALS) process.on(signal, once);
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    once('SIGTERM');
  }, PARENT_POLL_MS);
  watch.unref();
}

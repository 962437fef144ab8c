/**
 * SIGTERM and SIGINT end what runs here in order; a second signal ends it at once. A process that was started by a
 * supervisor (`CALLOSUM_SUPERVISED`) also ends when the supervisor's end of its standard input closes: however the
 * supervisor died, nothing is left behind.
 */
export function stopOnSignal(running: { stop(): Promise<void> }): void {
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    running.stop().then(() => process.exit(0), (error: unknown) => {
      console.error('stop failed', error instanceof Error ? error.name : error);
      process.exit(1);
    });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  if (process.env['CALLOSUM_SUPERVISED']) process.stdin.once('close', () => { if (!stopping) stop(); }).resume().unref();
}

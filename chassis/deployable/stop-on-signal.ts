/** SIGTERM and SIGINT end what runs here in order; a second signal ends it at once. */
export function stopOnSignal(running: { stop(): Promise<void> }): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      running.stop().then(() => process.exit(0), (error: unknown) => {
        console.error('stop failed', error instanceof Error ? error.name : error);
        process.exit(1);
      });
    });
  }
}

import { eventConformance } from './conformance.ts';

eventConformance('the log alone', async () => ({
  async interrupt(house) {
    await house.teller.platform.database.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`);
    return async () => undefined;
  },
  close: async () => undefined,
}));

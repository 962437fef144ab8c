import { eventConformance } from '../../chassis/events/conformance/conformance.ts';
import { startNatsServer } from './nats-server.ts';

eventConformance('NATS JetStream', async () => {
  const server = await startNatsServer();
  return {
    nats: { url: server.url },
    async interrupt() {
      await server.kill();
      return () => server.start();
    },
    close: server.dispose,
  };
});

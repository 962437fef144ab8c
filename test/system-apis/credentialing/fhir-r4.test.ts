import { credentialingConformance } from './conformance.ts';
import { startHouse } from './house.ts';

credentialingConformance('fhir-r4', async () => {
  const { port, office, leave } = await startHouse({}, { lookBackMs: 1_000 });
  return { port, staff: office, tearDown: leave };
});

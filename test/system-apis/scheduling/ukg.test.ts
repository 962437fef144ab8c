import { schedulingConformance } from './conformance.ts';
import { startHouse } from './house.ts';

schedulingConformance('ukg', startHouse);

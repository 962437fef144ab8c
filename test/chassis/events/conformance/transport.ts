import type { PlatformConfig } from '#chassis/config/config.ts';
import type { House } from './house.ts';

/** A way on which events reach their groups, as the suite needs it. */
export interface Transport {
  /** For the configuration of every process. */
  nats?: PlatformConfig['nats'];
  /** Takes it away from all processes of the house; the answer brings it back. */
  interrupt(house: House): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

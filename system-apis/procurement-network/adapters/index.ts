import { coupa } from './coupa/adapter.ts';
import { partner } from './partner/adapter.ts';
import { x12 } from './x12/adapter.ts';

/** The register of channels: one line each. */
export const adapters = {
  coupa,
  x12,
  partner,
};

export type ChannelType = keyof typeof adapters;

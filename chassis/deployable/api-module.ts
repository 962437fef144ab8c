import type { Static, TSchema } from '@sinclair/typebox';
import type { Router } from 'express';
import type { Contract } from '../contract/contract.ts';
import type { Client } from '../contract/connect.ts';
import type { Implementation } from '../contract/serve.ts';
import type { EventLog } from '../events/event-log.ts';
import type { Subscription } from '../events/subscription.ts';
import type { Interventions } from '../interventions/intervention.ts';
import type { VendorCalls } from '../history/vendor-calls.ts';
import type { VendorEvidence } from '../http/vendor-evidence.ts';
import type { Lives } from '../lifecycle/lives.ts';
import type { Moves } from '../moves/engine.ts';
import type { Payloads } from '../payloads/payloads.ts';
import type { Dependencies } from '../resilience/dependencies.ts';
import type { ServiceTokens } from '../security/service-tokens.ts';
import type { Database } from '../storage/database.ts';
import type { Migration } from '../storage/migrations.ts';
import type { Signals } from '../storage/signals.ts';
import type { Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Clock } from '../time/clock.ts';
import type { Watch } from '../watches/watch.ts';
import type { Background } from './background.ts';

/** What a deployable gives to the APIs it hosts. `Events` maps event types to their data. */
export interface Platform<Events = Record<string, unknown>> {
  /** Name of the deployable. */
  service: string;
  database: Database;
  events: EventLog<Events>;
  payloads: Payloads;
  /** Keeps exchanges with vendors that went wrong. */
  evidence: VendorEvidence;
  /** Notes the calls of adapters to their vendors. */
  calls: VendorCalls;
  lives: Lives;
  moves: Moves;
  /** What is known of the systems behind. */
  dependencies: Dependencies;
  /** Wakes who waits for something, in all processes. */
  signals: Signals;
  /** What operators ask of lives and moves, wherever these are hosted. */
  interventions: Interventions;
  tokens: ServiceTokens;
  log: Log;
  metrics: Metrics;
  clock: Clock;
  /** A client of another API: in process when it is hosted here, over HTTP otherwise. */
  connect<Ops>(contract: Contract<Ops>): Client<Ops>;
  /** Reads the log for a consumer group while the deployable runs. */
  subscribe(subscription: Subscription): void;
}

/** What an API adds to the deployable that hosts it. */
export interface ApiParts<Ops> {
  operations: Implementation<Ops>;
  /** Work beside requests, such as a listener or a poll. Started after the API is served, stopped before. */
  background?: Background[];
  /** What has to happen within a time once something else happened. */
  watches?: Watch[];
  /** Routes that a contract describes but that are no plain operations, such as a GraphQL endpoint; mounted at the contract's path. */
  routes?: Router;
  /** Last, when everything else has stopped. */
  close?: () => Promise<void>;
}

/** One API as its folder offers it to a deployable. */
export interface ApiModule<Ops = object, Settings extends TSchema = TSchema, Events = Record<string, unknown>> {
  contract: Contract<Ops>;
  /** Shape of this API's part of the configuration. */
  settings: Settings;
  /** Tables of its own, in a schema named after the API. */
  migrations?: readonly Migration[];
  /** It does not start without master keys. */
  keepsPayloads?: boolean;
  create(platform: Platform<Events>, settings: Static<Settings>): Promise<ApiParts<Ops>> | ApiParts<Ops>;
}

/** Checks an API's parts against its contract where they are written. */
export function defineApi<Events>() {
  return <Ops, Settings extends TSchema>(module: ApiModule<Ops, Settings, Events>): AnyApiModule => module as unknown as AnyApiModule;
}

export type AnyApiModule = ApiModule<object, TSchema, Record<string, unknown>>;

/** `procurement-network` keeps its tables in schema `procurement_network`. */
export function schemaOf(module: Pick<AnyApiModule, 'contract'>): string {
  return module.contract.name.replaceAll('-', '_');
}

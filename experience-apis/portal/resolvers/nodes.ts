import type { Page } from '#chassis/contract/page.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type * as graph from '#contracts/generated/experience/portal/graph.ts';
import type { Consumption } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import type { Order, OrderLine, Requisition, WorkItem } from '#contracts/generated/process/procure-to-pay/v1.ts';
import type { PersonAtWork, RightHeld } from '#contracts/generated/process/hire-to-retire/v1.ts';
import type { StockBalance } from '#contracts/generated/system/erp/v1.ts';
import type { GraphContext } from '../context.ts';

/** What stands behind a type of the graph: what an API below answered, or only a key when the rest is read on demand. */
export interface Nodes {
  Person: Principal;
  Requisition: Requisition;
  RequisitionPage: Page<Requisition>;
  Order: Order;
  OrderPage: Page<Order>;
  OrderLine: OrderLine;
  WorkItem: WorkItem;
  WorkItemPage: Page<WorkItem>;
  Supplier: { number: string };
  CostCenter: { code: string };
  Item: { number: string };
  StockBalance: StockBalance;
  StockPage: Page<StockBalance>;
  Consumption: Consumption;
  ConsumptionPage: Page<Consumption>;
  PersonAtWork: PersonAtWork;
  PersonAtWorkPage: Page<PersonAtWork>;
  RightPage: Page<RightHeld>;
}

interface Types {
  Person: graph.Person;
  Requisition: graph.Requisition;
  RequisitionPage: graph.RequisitionPage;
  Order: graph.Order;
  OrderPage: graph.OrderPage;
  OrderLine: graph.OrderLine;
  WorkItem: graph.WorkItem;
  WorkItemPage: graph.WorkItemPage;
  Supplier: graph.Supplier;
  CostCenter: graph.CostCenter;
  Item: graph.Item;
  StockBalance: graph.StockBalance;
  StockPage: graph.StockPage;
  Consumption: graph.Consumption;
  ConsumptionPage: graph.ConsumptionPage;
  PersonAtWork: graph.PersonAtWork;
  PersonAtWorkPage: graph.PersonAtWorkPage;
  RightPage: graph.RightPage;
}

/** A value of the graph with the nodes in the place of its types. */
type Behind<T> =
  T extends string | number | boolean | null | undefined ? T
  : T extends readonly (infer Each)[] ? readonly Behind<Each>[]
  : T extends { __typename?: infer Name } ? NonNullable<Name> extends keyof Nodes ? Nodes[NonNullable<Name>] : T
  : T;

type Resolve<Parent, Arguments, T> = (parent: Parent, args: Arguments, context: GraphContext) => Behind<T> | Promise<Behind<T>>;

/** Fields that a node has already in the shape of the graph. */
type Held<Name extends keyof Nodes> = {
  [Field in keyof Types[Name]]-?: Field extends keyof Nodes[Name] ? Nodes[Name][Field] extends Behind<Types[Name][Field]> ? Field : never : never
}[keyof Types[Name]];

/** A resolver for every field of a type that its node does not hold. */
export type FieldsOf<Name extends keyof Nodes> = {
  [Field in Exclude<keyof Types[Name], '__typename' | Held<Name>>]-?: Resolve<Nodes[Name], object, Types[Name][Field]>
};

type ArgumentsOf<Resolver> = Extract<NonNullable<Resolver>, (...args: never[]) => unknown> extends (parent: never, args: infer Arguments, ...rest: never[]) => unknown ? Arguments : never;

/** Resolvers of the entries into the graph. Every entry is in exactly one file; `index.ts` checks that none is missing. */
export type Queries = {
  [Field in Exclude<keyof graph.Query, '__typename'>]: Resolve<unknown, ArgumentsOf<graph.QueryResolvers[Field]>, graph.Query[Field]>
};
export type Mutations = {
  [Field in Exclude<keyof graph.Mutation, '__typename'>]: Resolve<unknown, ArgumentsOf<graph.MutationResolvers[Field]>, graph.Mutation[Field]>
};

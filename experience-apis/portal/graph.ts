import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled, ApolloServerPluginInlineTraceDisabled, ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled, ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Log } from '#chassis/telemetry/logger.ts';
import { graph as typeDefs } from '#contracts/generated/experience/portal/graph.ts';
import type { GraphContext } from './context.ts';
import { presentError, refusalOf } from './failures.ts';
import { staticLimits } from './limits.ts';
import { countObjects } from './object-count.ts';
import { resolvers } from './resolvers/index.ts';
import type { PortalSettings } from './settings.ts';

export interface GraphRequest {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
}

export interface GraphAnswer {
  data?: Record<string, unknown> | null;
  errors?: readonly GraphQLFormattedError[];
}

export interface Graph {
  /** @throws ApiError 'invalid-request' when the operation is not run: not GraphQL, not of this graph, or too large */
  run(request: GraphRequest, context: GraphContext): Promise<GraphAnswer>;
  stop(): Promise<void>;
}

export async function startGraph({ introspection, limits }: PortalSettings, log: Log): Promise<Graph> {
  const server = new ApolloServer<GraphContext & BaseContext>({
    typeDefs, resolvers, introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: staticLimits(limits),
    formatError: presentError(log),
    logger: quietly(log),
    plugins: [
      checkOperation(limits.objects),
      ApolloServerPluginLandingPageDisabled(), ApolloServerPluginCacheControlDisabled(), ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginUsageReportingDisabled(), ApolloServerPluginSchemaReportingDisabled(),
    ],
  });
  await server.start();
  return {
    async run({ query, operationName, variables }, contextValue) {
      const { body, http } = await server.executeOperation({ query, operationName: operationName ?? undefined, variables: variables ?? undefined }, { contextValue });
      if (body.kind !== 'single') throw new ApiError('internal', 'The graph answers in one piece.');
      const { data, errors } = body.singleResult;
      if (data === undefined && (http.status ?? 500) < 500) throw refusalOf(errors ?? []);
      if (data === undefined) throw new ApiError('internal', 'An unexpected error occurred.', { code: 'graph-failed' });
      return { data, ...(errors ? { errors } : {}) };
    },
    stop: () => server.stop(),
  };
}

/** Objects are counted when the variables are known, for each request: a document that passed once is not validated again. */
function checkOperation(most: number): ApolloServerPlugin<GraphContext & BaseContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          if (!operation) return;
          if (!schema.getRootType(operation.operation)) throw new GraphQLError(`The graph has no ${operation.operation}`, { extensions: { code: 'OPERATION_NOT_SUPPORTED', http: { status: 400 } } });
          const count = countObjects({ schema, document, operation, variables: request.variables ?? {} });
          if (count > most) throw new GraphQLError(`The answer could hold ${count} objects, ${most} are the limit`, { extensions: { code: 'TOO_MANY_OBJECTS', http: { status: 400 } } });
        },
      };
    },
  };
}

/** What the library has to say, without its texts, which may quote a request. */
function quietly(log: Log) {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: () => log.warn('the GraphQL server warns', { api: 'portal' }),
    error: () => log.error('the GraphQL server reports an error', { api: 'portal' }),
  };
}

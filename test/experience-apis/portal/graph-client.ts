import type { Principal } from '#chassis/security/principal.ts';
import type { Answer, ExperiencePlatform } from '../experience-platform.ts';

export interface GraphProblem {
  type: string;
  status: number;
  detail?: string;
  code?: string;
  correlationId: string;
  errors?: { pointer: string; detail: string; code?: string }[];
}

export interface GraphError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string; problem: GraphProblem };
}

export interface GraphResult extends Answer {
  body: { data?: Record<string, unknown>; errors?: GraphError[] } & Partial<GraphProblem>;
}

export async function ask(platform: ExperiencePlatform, as: Principal, query: string, variables?: object): Promise<GraphResult> {
  return await platform.send(as, 'POST', '/portal/v1/graphql', { query, ...(variables ? { variables } : {}) }) as GraphResult;
}

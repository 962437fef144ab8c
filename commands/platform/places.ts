import path from 'node:path';

export const projectRoot = path.resolve(import.meta.dirname, '..', '..');

/** What was compiled once is kept for every later process, which then starts in half the time. */
export const COMPILED = process.env['NODE_COMPILE_CACHE'] ?? path.join(projectRoot, 'node_modules', '.cache', 'compiled');

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands between the platform and a vendor, and now and then says what the vendor never would. */
export interface Liar {
  url: string;
  forwardTo(target: string): void;
  /** Answers every GET of a resource with this body, until it is undefined. */
  lie(resource: string, body: string | undefined, status?: number): void;
  close(): Promise<void>;
}

const NOT_FORWARDED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect']);

export async function startLiar(): Promise<Liar> {
  const lies = new Map<string, { body: string; status: number }>();
  let target: string | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const lie = request.method === 'GET' ? [...lies].find(([resource]) => request.url?.includes(resource))?.[1] : undefined;
      if (lie !== undefined) return response.writeHead(lie.status, { 'content-type': 'application/json' }).end(lie.body);
      if (target === undefined) return response.writeHead(503).end();
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !NOT_FORWARDED.has(name))) as Record<string, string>;
      const answer = await fetch(`${target}${request.url}`, { method: request.method ?? 'GET', headers, ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }) });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
      return response.end(Buffer.from(await answer.arrayBuffer()));
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo(url) { target = url; },
    lie(resource, body, status = 200) {
      if (body === undefined) lies.delete(resource);
      else lies.set(resource, { body, status });
    },
    close: () => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
  };
}

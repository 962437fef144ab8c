import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { readMessage, takeMessages } from '../../../sandbox/directory/wire.ts';

/** Stands before a directory and loses the answer of a change, or the change itself, or everything. */
export interface LosingProxy {
  url: string;
  loseNextAnswer(): void;
  dropNextWrite(): void;
  setDown(isDown: boolean): void;
  close(): Promise<void>;
}

const WRITES: ReadonlySet<string> = new Set(['add', 'modify']);

export async function startLosingProxy(targetPort: number): Promise<LosingProxy> {
  const sockets = new Set<Socket>();
  let next: 'lose' | 'drop' | undefined;
  let isDown = false;

  const server = createServer((client) => {
    if (isDown) return void client.destroy();
    const target = connect(targetPort, '127.0.0.1');
    for (const [one, other] of [[client, target], [target, client]] as const) {
      sockets.add(one);
      one.on('error', () => one.destroy()).on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    let received = Buffer.alloc(0);
    let isLosing = false;
    client.on('data', (chunk: Buffer) => {
      const { messages, rest } = takeMessages(Buffer.concat([received, chunk]));
      received = Buffer.from(rest);
      for (const message of messages) {
        const isWrite = WRITES.has(readMessage(message).kind);
        if (isWrite && next === 'drop') {
          next = undefined;
          return void client.destroy();
        }
        if (isWrite && next === 'lose') {
          next = undefined;
          isLosing = true;
        }
        target.write(message);
      }
    });
    target.on('data', (chunk: Buffer) => {
      // What the server answers to a change begins with it: nothing else is under way on this connection.
      if (isLosing) return void client.destroy();
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextAnswer: () => { next = 'lose'; },
    dropNextWrite: () => { next = 'drop'; },
    setDown(wanted) {
      isDown = wanted;
      next = undefined;
      if (isDown) for (const socket of sockets) socket.destroy();
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

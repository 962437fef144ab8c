import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * One address before several processes of the same kind. A connection goes to the next process that takes it; what was
 * under way with one that dies is cut, and the caller's next connection goes to another.
 */
export interface Balancer {
  close(): Promise<void>;
}

export async function openBalancer(port: number, behind: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turns = 0;

  function tryNext(caller: Socket, left: number): void {
    if (left === 0 || caller.destroyed) {
      caller.destroy();
      return;
    }
    turns += 1;
    const callee = keep(connect({ host: '127.0.0.1', port: behind[turns % behind.length]!, noDelay: true }));
    const refused = () => tryNext(caller, left - 1);
    callee.once('error', refused).once('connect', () => {
      callee.off('error', refused).once('error', () => caller.destroy());
      caller.pipe(callee).pipe(caller);
      caller.once('close', () => callee.destroy());
      callee.once('close', () => caller.destroy());
    });
  }

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  }

  const server: Server = createServer({ noDelay: true }, (caller) => {
    // Its close, which follows, ends the other side.
    keep(caller).on('error', () => caller.destroy());
    tryNext(caller, behind.length);
  });
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
  return {
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

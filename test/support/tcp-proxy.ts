import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and a server and can keep everything to itself, as a network does that is cut in the middle. */
export interface TcpProxy {
  port: number;
  /** Nothing passes any more in either direction, and nobody is told. */
  cut(): void;
  /** What was kept back passes, as it does when packets are sent again. */
  mend(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [[client, target], [target, client]] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!isCut) to.destroy();
      });
      if (isCut) hold(from);
    }
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });

  function hold(socket: Socket): void {
    socket.unpipe();
    socket.pause();
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) hold(socket);
    },
    mend() {
      isCut = false;
      // Whoever has given up meanwhile finds the connection gone, as after a partition that has lasted too long.
      for (const socket of sockets) socket.destroy();
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

/** libp2p's TCP, with a gate before all that it does for a connection that came. */
import type { Server, Socket } from 'node:net';
import { tcp } from '@libp2p/tcp';

/** Of libp2p's listener, besides what its interface says. */
interface Served {
  readonly server: Server;
}

/** @param enters false when the socket was closed already */
export function guardedTcp(options: NonNullable<Parameters<typeof tcp>[0]>, enters: (socket: Socket) => boolean): ReturnType<typeof tcp> {
  const create = tcp(options);
  return (components) => {
    const transport = create(components);
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (listen) => {
      const listener = createListener(listen);
      if (!isServed(listener)) throw new TypeError('the listener of libp2p has no server to guard');
      guard(listener.server, enters);
      return listener;
    };
    return transport;
  };
}

function guard(server: Server, enters: (socket: Socket) => boolean): void {
  const accept = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    if (!enters(socket)) return;
    try {
      for (const listener of accept) listener.call(server, socket);
    } catch {
      // It came while the listener was closing.
      socket.destroy();
    }
  });
}

function isServed(listener: object): listener is Served {
  return 'server' in listener && typeof listener.server === 'object';
}

import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on 127.0.0.1 only; port 0 takes any free one. Returns the port. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Ends the server and every connection it still has. */
export async function stopServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

const HERE = /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/;

/**
 * Whether a request is a web page's that is open in a browser here: it has an `Origin`, or came
 * by a name that was made to lead here (DNS rebinding). The SDK's clients do neither.
 */
function isOfPage({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.origin !== undefined || !HERE.test(headers.host ?? '');
}

/** Has a server tell pages nothing: 403, and no header by which they could read even that. */
export function refusePages(server: Server): Server {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  return server.on('request', (request, response) => {
    if (isOfPage(request)) response.writeHead(403, { connection: 'close' }).end();
    else for (const listener of listeners) listener.call(server, request, response);
  });
}

import { connect, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
} from 'node:tls';
import { isSameAddress } from '../../domain/addresses.ts';
import type { CheckedUrl } from '../../domain/egress.ts';
import { connectFailure, type Failure, failure, tlsFailure } from './failure.ts';

export type Dialled =
  | { readonly ok: true; readonly socket: Socket }
  | { readonly ok: false; readonly failure: Failure };

/** Trust anchors and versions for every TLS connection; made once, it is costly. */
export function trust(ca: string | undefined): SecureContext {
  return createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
}

/**
 * A connection to exactly this vetted address, over which nothing has been sent but the TLS
 * handshake of an https URL. When `signal` aborts, the socket is gone at once.
 */
export async function dial(
  url: CheckedUrl,
  address: string,
  context: () => SecureContext,
  signal: AbortSignal,
): Promise<Dialled> {
  const connecting = connect({
    host: address,
    port: url.port,
    autoSelectFamily: false,
    noDelay: true,
  });
  const connected = await opened(connecting, 'connect', signal, {
    failed: connectFailure,
    aborted: failure('timeout', 'connect_timeout'),
  });
  if (!connected.ok) return connected;

  // Gone again already, and with it the name of the other end.
  if (connected.socket.remoteAddress === undefined) {
    connected.socket.destroy();
    return { ok: false, failure: failure('refused', 'connect_failed') };
  }
  // Whatever a proxy, a NAT or a bug put in between: not a byte to a peer that was not vetted.
  if (!isPeer(connected.socket, address)) {
    connected.socket.destroy();
    return { ok: false, failure: failure('blocked', 'peer_mismatch') };
  }
  return url.scheme === 'http' ? connected : secured(connected.socket, url, context(), signal);
}

/** Whether the other end of the socket is this address, however either is spelled. */
export function isPeer(socket: Pick<Socket, 'remoteAddress'>, address: string): boolean {
  return isSameAddress(socket.remoteAddress ?? '', address);
}

async function secured(
  socket: Socket,
  url: CheckedUrl,
  secureContext: SecureContext,
  signal: AbortSignal,
): Promise<Dialled> {
  const tls = connectTls({
    socket,
    host: url.host,
    // An address is no server name (RFC 6066); its certificate is then checked against `host`.
    servername: url.isAddress ? '' : url.host,
    secureContext,
    // Said here, because the defaults of these two listen to the environment.
    rejectUnauthorized: true,
    checkServerIdentity,
    ALPNProtocols: ['http/1.1'],
  });
  const result = await opened(tls, 'secureConnect', signal, {
    failed: tlsFailure,
    aborted: failure('timeout', 'tls_timeout'),
  });
  if (!result.ok) {
    socket.destroy();
    return result;
  }
  if (!tls.authorized) {
    tls.destroy();
    return { ok: false, failure: failure('tls', 'tls_untrusted') };
  }
  tls.disableRenegotiation();
  return result;
}

interface Endings {
  readonly failed: (error: unknown) => Failure;
  readonly aborted: Failure;
}

/** Waits for the event; on anything else the socket is destroyed. Never rejects. */
function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  endings: Endings,
): Promise<Dialled> {
  return new Promise((resolve) => {
    const fail = (reason: Failure) => {
      done();
      socket.destroy();
      resolve({ ok: false, failure: reason });
    };
    const open = () => {
      done();
      resolve({ ok: true, socket });
    };
    const failed = (error: unknown) => fail(endings.failed(error));
    const closed = () => fail(endings.failed(undefined));
    const aborted = () => fail(endings.aborted);
    const done = () => {
      socket.off(event, open).off('close', closed);
      signal.removeEventListener('abort', aborted);
    };
    // Stays on: an error without a listener ends the process. Later ones reach the request too.
    socket.on('error', failed);
    socket.once(event, open).once('close', closed);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
  });
}

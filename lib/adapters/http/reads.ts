import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Smaller pieces are left to be collected: there may be thousands of them in one read. */
const PIECE_BYTES_MIN = 1_024;

/** What is read from a socket while a large answer comes in. */
export interface Reads {
  /** This piece of the body has been copied, and is for nobody else. */
  done(piece: Buffer): void;
  stop(): void;
}

/**
 * Gives back what was read as soon as the next read comes. Node takes new memory for each read, and
 * again for each piece of a body; until somebody collects it, an answer of 4 MiB has left 8 MiB.
 */
export function readsOf(socket: Socket, answer: IncomingMessage): Reads {
  let pieces: Buffer[] = [];
  let reads: Buffer[] = [];
  const next = (read: Buffer) => {
    for (const piece of pieces) giveBack(piece);
    pieces = [];
    // Those before are parsed, but pieces that have not been fetched yet might be parts of them.
    if (answer.readableLength === 0) {
      for (const before of reads) giveBack(before);
      reads = [];
    }
    reads.push(read);
  };
  socket.on('data', next);
  return {
    done(piece) {
      if (piece.length >= PIECE_BYTES_MIN) pieces.push(piece);
    },
    stop: () => void socket.off('data', next),
  };
}

/** Gives memory back now, not when it is collected; not what is a part of something, as of a pool. */
export function giveBack({ buffer, length }: Buffer): void {
  const isWhole = length > 0 && length === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

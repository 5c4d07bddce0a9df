import { createHash } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';

export interface Keys {
  /** Every request is refused, as while the key is disabled. */
  outage: boolean;
  clientOf(process: Process): KMSClient;
}

/** What the product asks of KMS. */
interface Asked {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly EncryptionContext: Readonly<Record<string, string>>;
    readonly CiphertextBlob?: Uint8Array;
  };
}

/**
 * KMS, as much of it as data keys take: an encrypted one names its plain one, and the context it
 * was made for. Fault: `kms-throttle`, a request is throttled.
 */
export function modelKeys(simulation: Simulation): Keys {
  const keys: Keys = {
    outage: false,
    clientOf(process) {
      const send = (command: Asked) => {
        const what = command.constructor.name.replace('Command', '');
        return process.step(`kms.${what}`, () => {
          const fault = simulation.fault(`${process.name} kms`, ['kms-throttle']);
          if (keys.outage) throw refused('DisabledException', 'The key is disabled.');
          if (fault !== undefined) throw refused('ThrottlingException', 'Rate exceeded');
          const { EncryptionContext, CiphertextBlob } = command.input;
          const context = JSON.stringify(Object.entries(EncryptionContext).sort());
          if (CiphertextBlob === undefined) return made(context, process.random.bytes(ID_BYTES));
          return opened(context, CiphertextBlob);
        });
      };
      // The adapter asks nothing else of a client.
      return { send } as unknown as KMSClient;
    },
  };
  return keys;
}

const ID_BYTES = 12;

function made(context: string, id: Uint8Array) {
  const blob = Buffer.concat([id, digest(`context ${context}`, id)]);
  return { Plaintext: digest('plain', id), CiphertextBlob: blob };
}

function opened(context: string, blob: Uint8Array) {
  const id = blob.subarray(0, ID_BYTES);
  if (!digest(`context ${context}`, id).equals(blob.subarray(ID_BYTES))) {
    throw refused('InvalidCiphertextException', '');
  }
  return { Plaintext: digest('plain', id) };
}

function digest(purpose: string, id: Uint8Array): Buffer {
  return createHash('sha256').update(purpose).update(id).digest();
}

function refused(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

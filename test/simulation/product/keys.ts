import type { KMSClient } from '@aws-sdk/client-kms';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import { type KmsAsked, kmsError, modelKms } from './kms.ts';
import { KEYS } from './settings.ts';

export interface Keys {
  /** Every request is refused, as while the keys are disabled. */
  outage: boolean;
  clientOf(process: Process): KMSClient;
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: KmsAsked;
}

/** KMS as processes reach it. Fault: `kms-throttle`, a request is throttled. */
export function modelKeys(simulation: Simulation): Keys {
  const request = modelKms({ keys: KEYS, madeAtMs: simulation.startMs });
  const keys: Keys = {
    outage: false,
    clientOf(process) {
      const send = (command: Command) => {
        const what = command.constructor.name.replace('Command', '');
        return process.step(`kms.${what}`, () => {
          const fault = simulation.fault(`${process.name} kms`, ['kms-throttle']);
          if (keys.outage) throw kmsError('DisabledException', 'The key is disabled.');
          if (fault !== undefined) throw kmsError('ThrottlingException', 'Rate exceeded');
          return request(what, command.input, (count) => process.random.bytes(count));
        });
      };
      // The adapter asks nothing else of a client.
      return { send } as unknown as KMSClient;
    },
  };
  return keys;
}

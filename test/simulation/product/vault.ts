import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';
import { MARK } from './canary.ts';

const PEPPER = `${MARK}, a pepper of the simulation, thirty-two bytes and more`;

export interface Vault {
  /** Every request is refused. */
  outage: boolean;
  clientOf(process: Process): SecretsManagerClient;
}

/** Secrets Manager, one value for every secret. Fault: `secrets-down`, a request is refused. */
export function modelVault(simulation: Simulation): Vault {
  const vault: Vault = {
    outage: false,
    clientOf(process) {
      const send = () =>
        process.step('secrets.GetSecretValue', () => {
          const fault = simulation.fault(`${process.name} secrets`, ['secrets-down']);
          if (vault.outage || fault !== undefined) {
            throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
          }
          return { SecretString: PEPPER };
        });
      // The adapter asks nothing else of a client.
      return { send } as unknown as SecretsManagerClient;
    },
  };
  return vault;
}

import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Process } from '../kernel/process.ts';
import type { Simulation } from '../kernel/simulate.ts';

const PEPPER = 'a pepper of the simulation, thirty-two bytes and more';

/** Secrets Manager for a process. Fault: `secrets-down`, the request is refused. */
export function vaultOf(simulation: Simulation, process: Process): SecretsManagerClient {
  const send = () =>
    process.step('secrets.GetSecretValue', () => {
      if (simulation.fault(`${process.name} secrets`, ['secrets-down']) !== undefined) {
        throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
      }
      return { SecretString: PEPPER };
    });
  // The adapter asks nothing else of a client.
  return { send } as unknown as SecretsManagerClient;
}

/** Where deliveries may go: public https only, or http on loopback as well. */
export type Egress = 'strict' | 'loopback';

/** No real account has this number; local stands-in and emulators use it. */
export const NO_ACCOUNT = '000000000000';

/** The setting as the functions get it; `loopback` is refused wherever it could do harm. */
export function egressOf(setting: unknown, account: string): Egress {
  if (setting === 'strict') return setting;
  if (setting !== 'loopback') {
    throw new Error(`Context "egress" is ${JSON.stringify(setting)}; allowed: strict, loopback`);
  }
  if (account !== NO_ACCOUNT) {
    throw new Error(
      `Egress "loopback" lets deliveries reach inner addresses; only account ${NO_ACCOUNT} may have it`,
    );
  }
  return setting;
}

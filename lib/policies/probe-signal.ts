const probes = new WeakSet<AbortSignal>();

/** Marks the signal of a breaker's probe. Signals made from it are not marked. */
export function markProbe(signal: AbortSignal): void {
  probes.add(signal);
}

/** Whether the work under this signal is a breaker's probe, which is one single attempt. */
export function isProbe(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && probes.has(signal);
}

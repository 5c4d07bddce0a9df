/** The same without these fields. */
export function omit<T extends object, K extends keyof T>(
  value: T,
  ...fields: readonly K[]
): Omit<T, K> {
  const left = Object.entries(value).filter(([name]) => !fields.some((field) => field === name));
  return Object.fromEntries(left) as Omit<T, K>;
}

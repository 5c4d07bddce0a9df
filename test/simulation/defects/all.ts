import { ACCEPT_DEFECTS } from './accept.ts';
import type { Defect } from './defect.ts';
import { DELIVER_DEFECTS } from './deliver.ts';
import { ORDER_DEFECTS } from './order.ts';
import { OUTAGE_DEFECTS } from './outage.ts';
import { SECRET_DEFECTS } from './secrets.ts';
import { TIME_DEFECTS } from './time.ts';

export const DEFECTS: readonly Defect[] = [
  ...ACCEPT_DEFECTS,
  ...DELIVER_DEFECTS,
  ...TIME_DEFECTS,
  ...OUTAGE_DEFECTS,
  ...ORDER_DEFECTS,
  ...SECRET_DEFECTS,
];

export function defectNamed(name: string): Defect {
  const defect = DEFECTS.find((one) => one.name === name);
  if (defect === undefined) throw new Error(`There is no defect ${JSON.stringify(name)}.`);
  return defect;
}

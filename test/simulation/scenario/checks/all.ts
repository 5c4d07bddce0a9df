import { ACCEPTANCE_CHECKS } from './acceptance.ts';
import { AUDIT_CHECKS } from './audit-log.ts';
import { AUDIT_REQUEST_CHECKS } from './audit-requests.ts';
import { BREAKER_CHANGE_CHECKS, BREAKER_CHECKS } from './breakers.ts';
import { CANARY_CHECKS } from './canaries.ts';
import { DELIVERY_CHANGE_CHECKS } from './changes.ts';
import type { ChangeChecks, Checks } from './check.ts';
import { DELIVERY_CHECKS, DELIVERY_LOOK_CHECKS } from './deliveries.ts';
import { EFFORT_CHECKS } from './effort.ts';
import { ENDING_CHECKS } from './endings.ts';
import { ORDER_CHECKS } from './order.ts';
import { REQUEST_CHECKS } from './requests.ts';
import { SCHEDULE_CHECKS } from './schedule.ts';

/** Every guarantee that is judged when a run is over, by the name it has in a failing run. */
export const CHECKS: Checks = {
  // First: what has got out cannot be taken back.
  ...CANARY_CHECKS,
  ...ACCEPTANCE_CHECKS,
  ...DELIVERY_CHECKS,
  ...REQUEST_CHECKS,
  ...SCHEDULE_CHECKS,
  ...ENDING_CHECKS,
  ...BREAKER_CHECKS,
  ...ORDER_CHECKS,
  ...AUDIT_CHECKS,
  ...AUDIT_REQUEST_CHECKS,
  // Last: it asks what all cost, not whether it went well.
  ...EFFORT_CHECKS,
};

/** Every guarantee that is judged at each stored change of a delivery. */
export const CHANGE_CHECKS: ChangeChecks = {
  ...DELIVERY_CHANGE_CHECKS,
  ...BREAKER_CHANGE_CHECKS,
};

/** Every guarantee that is judged again and again, whatever happens. */
export const LOOK_CHECKS: Checks = {
  ...DELIVERY_LOOK_CHECKS,
};

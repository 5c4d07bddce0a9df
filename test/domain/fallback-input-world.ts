import { parseIntegrationInput } from '../../lib/domain/input/integration-input.ts';
import { refusalOf, STRICT } from '../fakes/registry-world.ts';

/** Chains as callers write them, and what becomes of them. */

export const QUEUE = 'arn:aws:sqs:eu-central-1:123456789012:spill';
export const OTHER_QUEUE = `${QUEUE}-2.fifo`;
export const BASE = { name: 'erp', endpoint: 'https://erp.example.com/hooks?key=1' };
export const REST = { serviceType: 'rest_api' };
export const EGRESS = { ...STRICT, targetArns: [QUEUE, OTHER_QUEUE] };
export const DR = { type: 'url', url: 'https://dr.example.com/hooks' };
export const OPS = { type: 'integration', integration: 'ops-slack' };
export const BOTH = ['breaker-open', 'exhausted'];

export const parse = (fallback: unknown, more: object = {}) =>
  parseIntegrationInput({ ...BASE, ...more, fallback }, EGRESS).fallback;
export const refused = async (fallback: unknown, more: object = {}) =>
  (await refusalOf(() => parse(fallback, more))).fields;

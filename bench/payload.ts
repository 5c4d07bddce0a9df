import { randomUUID } from 'node:crypto';

/** An event as a billing system would send it; its row takes about 700 bytes as it is stored. */
export function invoicePaid(i: number): { readonly type: string; readonly data: object } {
  return {
    type: 'invoice.paid',
    data: {
      id: `in_${randomUUID()}`,
      number: `2026-${String(i).padStart(6, '0')}`,
      customer: { id: `cus_${randomUUID()}`, name: 'Acme Trading GmbH', country: 'DE' },
      subscription: `sub_${randomUUID()}`,
      account: `acct_${randomUUID()}`,
      currency: 'EUR',
      lines: [
        { sku: 'seat-pro', quantity: 12 + (i % 7), unitAmount: 2_900 },
        { sku: 'storage-100', quantity: 1, unitAmount: 1_000 + i },
      ],
      total: 35_800 + i,
      paidAt: '2026-11-22T17:00:00.000Z',
      payment: { intent: `pi_${randomUUID()}`, method: `pm_${randomUUID()}`, attempts: 1 },
      note: 'Thank you for your business. Payable within 14 days without deduction.',
    },
  };
}

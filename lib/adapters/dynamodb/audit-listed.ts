import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { AuditListed } from '../../app/ports-audit.ts';
import { TABLES } from '../../names.ts';
import { chainOf } from './audit-keys.ts';
import { TIME_PARTITION } from './audit-list.ts';
import type { Store } from './store.ts';

const TIME = TABLES.audit.indexes.time;

/** The keys of what is in the index, a page of DynamoDB; there may be more where it has none. */
export async function listedRows(
  { db, table }: Pick<Store, 'db' | 'table'>,
  after: string | undefined,
): Promise<AuditListed> {
  const { Items = [], LastEvaluatedKey } = await db.send(
    new QueryCommand({
      ...{ TableName: table, IndexName: TIME.name },
      ...{ KeyConditionExpression: '#p = :p', ProjectionExpression: 'pk' },
      ExpressionAttributeNames: { '#p': TIME.partitionKey },
      ExpressionAttributeValues: marshall({ ':p': TIME_PARTITION }),
      ...(after !== undefined && { ExclusiveStartKey: marshall(JSON.parse(after)) }),
    }),
  );
  const partitions = [...new Set(Items.map(({ pk }) => pk?.S ?? ''))];
  const inChain = partitions.map((pk) => ({ pk, tenant: chainOf({ pk }) }));
  return {
    count: Items.length,
    tenants: inChain.flatMap(({ tenant }) => tenant ?? []),
    strays: inChain.flatMap(({ pk, tenant }) => (tenant === undefined ? [pk] : [])),
    next: LastEvaluatedKey && JSON.stringify(unmarshall(LastEvaluatedKey)),
  };
}

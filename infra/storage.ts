import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { TABLES } from '../lib/names.ts';
import type { Grantee } from './service-function.ts';

/** Where the API keys live in the registry. */
const KEY_ROWS = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['KEY#*'] },
};

export interface StorageProps {
  readonly key: IKey;
  readonly deletionProtection: boolean;
}

/** The three tables by life cycle, and who may do what with them in the domain's words. */
export class Storage extends Construct {
  readonly registry: Table;
  readonly history: Table;
  readonly state: Table;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.#key = props.key;
    this.registry = this.#table('Registry', props, TABLES.registry);
    this.history = this.#table('History', props, TABLES.history);
    this.state = this.#table('State', props, TABLES.state);
    const { kind } = TABLES.registry.indexes;
    const { timeline, status, due } = TABLES.history.indexes;
    const { troubled } = TABLES.state.indexes;
    this.registry.addGlobalSecondaryIndex({
      ...keysOf(kind, AttributeType.STRING),
      indexName: kind.name,
      projectionType: ProjectionType.ALL,
    });
    for (const index of [timeline, status]) {
      this.history.addGlobalSecondaryIndex(partOf(index));
    }
    this.history.addGlobalSecondaryIndex({
      ...keysOf(due, AttributeType.NUMBER),
      indexName: due.name,
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.state.addGlobalSecondaryIndex(partOf(troubled));
  }

  /** Looks a key up and notes its use; sees no other row of the registry. */
  letVerifyKeys(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'UpdateItem'], KEY_ROWS);
  }

  /** Stores a key, or finds that it is there; sees no other row of the registry. */
  letStoreFirstKey(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'PutItem'], KEY_ROWS);
  }

  letReadRegistry(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'Query']);
  }

  /** Stores a changed integration over the one that was read, and says that routes changed. */
  letDisableIntegrations(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'PutItem', 'UpdateItem']);
  }

  letManageRegistry(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem']);
    this.#letQuery(fn, this.registry, [TABLES.registry.indexes.kind]);
  }

  letReadEvents(fn: Grantee): void {
    this.#let(fn, this.history, ['GetItem', 'Query']);
  }

  /** Rows of the history are put, under a condition; nobody updates or deletes one. */
  letRecordHistory(fn: Grantee): void {
    this.#let(fn, this.history, ['GetItem', 'Query', 'PutItem']);
  }

  letListHistory(fn: Grantee): void {
    const { timeline, status } = TABLES.history.indexes;
    this.#letQuery(fn, this.history, [timeline, status]);
  }

  /** What waits for its time, and what is held. */
  letFindDue(fn: Grantee): void {
    this.#letQuery(fn, this.history, [TABLES.history.indexes.due]);
  }

  /** Who is last in a line, and a place behind. */
  letStandInLine(fn: Grantee): void {
    this.#let(fn, this.state, ['Query', 'PutItem']);
  }

  /** Claims of what may be done once, and requests to sweep. */
  letClaim(fn: Grantee): void {
    this.#let(fn, this.state, ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem']);
  }

  /** Checkpoints, sweeps, jobs. */
  letKeepProgress(fn: Grantee): void {
    this.#let(fn, this.state, ['GetItem', 'Query', 'PutItem', 'DeleteItem']);
  }

  /** Which breakers are troubled, without their counts. */
  letSeeBoard(fn: Grantee): void {
    this.#letQuery(fn, this.state, [TABLES.state.indexes.troubled]);
  }

  /** Breakers as one who makes calls leaves them: moved on, never removed. */
  letMoveBreakers(fn: Grantee): void {
    this.#let(fn, this.state, ['GetItem', 'PutItem', 'UpdateItem']);
  }

  /** Breakers, limits and drains: counted up, moved on, removed when all is well again. */
  letKeepBreakers(fn: Grantee): void {
    this.#let(fn, this.state, ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem']);
  }

  #let(fn: Grantee, table: Table, actions: readonly Action[], conditions = {}): void {
    fn.allow(
      actions.map((action) => `dynamodb:${action}`),
      [table.tableArn],
      conditions,
    );
    const changes = actions.some((action) => action !== 'GetItem' && action !== 'Query');
    this.#letUseKey(fn, changes ? 'change' : 'read');
  }

  #letQuery(fn: Grantee, table: Table, indexes: readonly { readonly name: string }[]): void {
    fn.allow(
      ['dynamodb:Query'],
      indexes.map(({ name }) => `${table.tableArn}/index/${name}`),
    );
  }

  /** The table's key, through DynamoDB only; the actions that its documentation asks for. */
  #letUseKey(fn: Grantee, access: 'read' | 'change'): void {
    const read = ['kms:Decrypt', 'kms:DescribeKey'];
    const change = [
      'kms:Encrypt',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
    ];
    fn.allow(access === 'read' ? read : [...read, ...change], [this.#key.keyArn], {
      StringEquals: { 'kms:ViaService': `dynamodb.${Aws.REGION}.amazonaws.com` },
    });
  }

  #table(id: string, props: StorageProps, names: Names & { readonly ttl?: string }): Table {
    return new Table(this, id, {
      ...keysOf(names, AttributeType.STRING),
      ...(names.ttl === undefined ? {} : { timeToLiveAttribute: names.ttl }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: props.key,
      deletionProtection: props.deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

/** An index that holds the attributes that it names beside its keys. */
function partOf(index: Names & { readonly name: string; readonly project: readonly string[] }) {
  return {
    ...keysOf(index, AttributeType.STRING),
    indexName: index.name,
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: [...index.project],
  };
}

type Action = 'GetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem';

interface Names {
  readonly partitionKey: string;
  readonly sortKey: string;
}

function keysOf(
  names: Names,
  sortType: AttributeType,
): { partitionKey: Attribute; sortKey: Attribute } {
  return {
    partitionKey: { name: names.partitionKey, type: AttributeType.STRING },
    sortKey: { name: names.sortKey, type: sortType },
  };
}

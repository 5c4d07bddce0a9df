import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import {
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
import { type Action, rowsOf, StateRows } from './state-rows.ts';
import { keysOf, type Names, partOf } from './table-keys.ts';

/** Where the API keys live in the registry. */
const KEY_ROWS = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['KEY#*'] },
};

/** What `authorize` may write of a key: when it was used, and nothing that the key may do. */
const KEY_USES = {
  ...KEY_ROWS,
  'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'lu'] },
  StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
};

/** The audit log: its chains, and what is signed of them. */
const CHAIN_ROWS = rowsOf('AUDIT#*');
const DIGEST_ROWS = rowsOf('AUDIT-DIGESTS');
const SIGNED_ROWS = rowsOf('AUDIT-SIGNED');
/** Rows of the state table that belong to the audit log. */
const AUDIT_HEAD_ROWS = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['AUDIT-HEADS'] },
};
const AUDIT_INTENT_ROWS = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['AUDIT-INTENTS*'] },
};

/** Where buckets of keys, lock-outs and used signatures live in the state. */
const GUARD_ROWS = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['AUTH#*'] },
};

/** All of the registry but API keys. */
const RESOURCE_ROWS = rowsOf('T#*', 'TENANTS', 'REF#*', 'NAME#*');
export interface StorageProps {
  readonly key: IKey;
  readonly deletionProtection: boolean;
}

/** The four tables by life cycle, and who may do what with them in the domain's words. */
export class Storage extends Construct {
  readonly registry: Table;
  readonly history: Table;
  readonly state: Table;
  readonly audit: Table;
  /** Who may do what with the state, row by row. */
  readonly stateRows: StateRows;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.#key = props.key;
    this.stateRows = new StateRows((fn, actions, rows) => this.#let(fn, this.state, actions, rows));
    this.registry = this.#table('Registry', props, TABLES.registry);
    this.history = this.#table('History', props, TABLES.history);
    this.state = this.#table('State', props, TABLES.state);
    this.audit = this.#table('Audit', props, TABLES.audit);
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
    const { time } = TABLES.audit.indexes;
    this.audit.addGlobalSecondaryIndex({
      ...keysOf(time, AttributeType.STRING),
      indexName: time.name,
      projectionType: ProjectionType.ALL,
    });
  }

  /** Looks a key up and notes its use; sees no other row of the registry, and changes no right. */
  letVerifyKeys(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem'], KEY_ROWS);
    this.#let(fn, this.registry, ['UpdateItem'], KEY_USES);
  }

  /** Counts what keys do and what wrong ones fail at; sees no other row of the state. */
  letGuardKeys(fn: Grantee): void {
    this.#let(fn, this.state, ['GetItem', 'PutItem', 'UpdateItem'], GUARD_ROWS);
  }

  /** Stores a key, or finds that it is there; sees no other row of the registry. */
  letStoreFirstKey(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'PutItem'], KEY_ROWS);
  }

  /** Integrations, sources and who subscribes to what; no API key. */
  letReadRegistry(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'Query'], RESOURCE_ROWS);
  }

  /** Integrations whose ids are known; no API key. */
  letLookUpIntegrations(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem'], RESOURCE_ROWS);
  }

  /** Stores a changed integration over the one that was read, and says that routes changed. */
  letDisableIntegrations(fn: Grantee): void {
    this.#let(fn, this.registry, ['GetItem', 'PutItem', 'UpdateItem'], rowsOf('T#*'));
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

  /** Events of a time, and deliveries of an integration. */
  letListHistory(fn: Grantee): void {
    this.#letQuery(fn, this.history, [TABLES.history.indexes.timeline]);
  }

  /** Deliveries that are not delivered. */
  letListPending(fn: Grantee): void {
    this.#letQuery(fn, this.history, [TABLES.history.indexes.status]);
  }

  /** What waits for its time, and what is held. */
  letFindDue(fn: Grantee): void {
    this.#letQuery(fn, this.history, [TABLES.history.indexes.due]);
  }

  /** Which breakers are troubled, without their counts. */
  letSeeBoard(fn: Grantee): void {
    this.#letQuery(fn, this.state, [TABLES.state.indexes.troubled]);
  }

  /** Entries are added and read: there is nobody who may update or delete one. */
  letAppendAudit(fn: Grantee): void {
    this.#let(fn, this.audit, ['Query', 'PutItem'], CHAIN_ROWS);
    // How far each chain goes is noted beside it.
    this.#let(fn, this.state, ['GetItem', 'PutItem'], AUDIT_HEAD_ROWS);
  }

  /** What is about to be done is noted before, and taken away when its entry is there. */
  letAuditChanges(fn: Grantee): void {
    this.letAppendAudit(fn);
    this.#let(fn, this.state, ['PutItem', 'DeleteItem'], AUDIT_INTENT_ROWS);
  }

  /** What others were about to do, and did not tell the end of. */
  letCompleteAudit(fn: Grantee): void {
    this.letAppendAudit(fn);
    this.#let(fn, this.state, ['Query', 'DeleteItem'], AUDIT_INTENT_ROWS);
  }

  /** Digests are added and read; what was signed of each chain is noted beside its head. */
  letSignAudit(fn: Grantee): void {
    this.#let(fn, this.audit, ['Query', 'PutItem'], DIGEST_ROWS);
    this.#let(fn, this.state, ['Query'], AUDIT_HEAD_ROWS);
    this.#let(fn, this.state, ['Query', 'PutItem'], SIGNED_ROWS);
  }

  /** Beside what it takes to add to it. */
  letListAudit(fn: Grantee): void {
    this.#letQuery(fn, this.audit, [TABLES.audit.indexes.time]);
    this.#let(fn, this.audit, ['Query'], DIGEST_ROWS);
    this.#let(fn, this.state, ['Query'], AUDIT_HEAD_ROWS);
    this.#let(fn, this.state, ['GetItem'], SIGNED_ROWS);
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

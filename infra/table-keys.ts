import { type Attribute, AttributeType, ProjectionType } from 'aws-cdk-lib/aws-dynamodb';

/** An index that holds the attributes that it names beside its keys. */
export function partOf(
  index: Names & { readonly name: string; readonly project: readonly string[] },
) {
  return {
    ...keysOf(index, AttributeType.STRING),
    indexName: index.name,
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: [...index.project],
  };
}

export interface Names {
  readonly partitionKey: string;
  readonly sortKey: string;
}

export function keysOf(
  names: Names,
  sortType: AttributeType,
): { partitionKey: Attribute; sortKey: Attribute } {
  return {
    partitionKey: { name: names.partitionKey, type: AttributeType.STRING },
    sortKey: { name: names.sortKey, type: sortType },
  };
}

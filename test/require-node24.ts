/** Fails the whole run on any other Node: bundles and type stripping are those of Lambda's 24. */
export default function setup(): void {
  if (process.versions.node.startsWith('24.')) return;
  throw new Error(
    `Tests must run on Node 24, the Lambda runtime, not ${process.version}: npm ci, then npm test.`,
  );
}

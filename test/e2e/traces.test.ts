import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readAssembly } from '../../lib/local/assembly.ts';
import { readStack } from '../../lib/local/stack.ts';
import { readTemplate } from '../../lib/local/template.ts';
import { sharedAssembly } from './assembly.ts';

/** What would write into a segment, by the names that X-Ray, its SDK and OpenTelemetry have. */
const WRITES =
  /putAnnotation|putMetadata|addAnnotation|addNewSubsegment|beginSubsegment|PutTraceSegments|AWS_XRAY_DAEMON|aws-xray-sdk|opentelemetry/i;
const PACKAGES = /xray|x-ray|tracer|opentelemetry/i;
/** All that code says of traces: the id of the invocation's, for log lines and the SDK's requests. */
const ID_ALONE = [
  ...['_AWS_LAMBDA_X_RAY_TRACE_ID', '_X_AMZN_TRACE_ID', 'X_RAY_TRACE_ID', 'getXRayTraceId'],
  ...['xRayTraceId', 'xray_trace_id', 'X-Amzn-Trace-Id', 'x-amzn-trace-id'],
];

it('no function can write into its trace: it knows the id, and nothing to send with', async () => {
  const assembly = await readAssembly(await sharedAssembly());
  const addresses = { apiUrl: 'http://127.0.0.1', sqsUrl: 'http://127.0.0.1' };
  const template = readTemplate(assembly.template);
  const stack = readStack(template, assembly.place, addresses, assembly.codeFolder);
  expect(stack.functions.length).toBeGreaterThanOrEqual(10);
  for (const { file, environment } of stack.functions) {
    const code = await readFile(file, 'utf8');
    expect(WRITES.exec(code)?.[0]).toBeUndefined();
    const words = code.match(/[\w-]*(?:x[-_]?ray|amzn[-_]trace)[\w-]*/gi) ?? [];
    expect([...new Set(words)].filter((word) => !ID_ALONE.includes(word))).toEqual([]);
    // Nor is a tool told to log or trace whole events.
    expect(Object.keys(environment).filter((name) => !/^BREAKWATER_|^NODE_/.test(name))).toEqual(
      [],
    );
  }
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  expect(Object.keys(dependencies).filter((name) => PACKAGES.test(name))).toEqual([]);
});

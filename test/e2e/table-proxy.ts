import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Json } from './client.ts';

/** Stands between the functions and the tables, and may keep a request from them. */
export interface TableProxy {
  /** For `tablesThrough` of a local run. */
  through(endpoint: string): Promise<string>;
  /** Requests kept back so far. */
  kept(): number;
  stop(): Promise<void>;
}

/** `fail`: answered 500 at once. `hang`: never answered. */
export type Verdict = 'pass' | 'fail' | 'hang';

export function tableProxy(judge: (input: Json) => Verdict): TableProxy {
  let upstream = '';
  let kept = 0;
  const server = createServer(async (message, response) => {
    const body = await buffer(message);
    const verdict = judge(JSON.parse(body.toString('utf8')));
    if (verdict !== 'pass') kept += 1;
    if (verdict === 'hang') return;
    if (verdict === 'fail') {
      const type = 'com.amazonaws.dynamodb.v20120810#InternalServerError';
      response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: type, message: 'made to fail' }));
      return;
    }
    const { method, headers } = message;
    const passed = request(upstream, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy()).end(body);
  });
  return {
    async through(endpoint) {
      upstream = endpoint;
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    kept: () => kept,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Whether a request is about breakers: one of them, or the list of those in trouble. */
export function isOfBreakers(input: Json): boolean {
  const { IndexName, Key, Item } = input;
  return IndexName === 'troubled' || String((Key ?? Item)?.pk?.S).startsWith('B#');
}

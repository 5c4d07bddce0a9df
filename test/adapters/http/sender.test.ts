import { describe, expect, it } from 'vitest';
import { httpSender } from '../../../lib/adapters/http/sender.ts';
import { answer, head } from '../../fakes/destination.ts';
import { call, destination, found, localSender, verdict } from './calls.ts';

describe('one request', () => {
  it('arrives with the bytes, headers and path that were given', async () => {
    const sink = await destination({ script: () => answer(200, 'fine', { 'X-Answer': 'yes' }) });
    const body = Uint8Array.of(0xff, 0x00, 0x80, 0x0a);
    const headers = { 'content-type': 'application/json', 'webhook-id': 'evt_1' };

    const result = await localSender({ nowMs: () => 1_234 }).send(
      call(`${sink.url}/a/b?c=%20d`, { body, headers, method: 'PUT' }),
    );

    expect(result).toMatchObject({
      startedAtMs: 1_234,
      statusCode: 200,
      error: null,
      responseBody: 'fine',
      responseHeaders: { 'content-length': '4', 'x-answer': 'yes' },
    });
    expect(result).not.toHaveProperty('detail');
    expect(sink.requests).toHaveLength(1);
    expect(sink.requests[0]).toMatchObject({
      method: 'PUT',
      path: '/a/b?c=%20d',
      headers: {
        host: `127.0.0.1:${sink.port}`,
        'webhook-id': 'evt_1',
        'content-length': '4',
        'accept-encoding': 'identity',
      },
    });
    expect(sink.requests[0]?.body).toEqual(Buffer.from(body));
  });

  it('carries a body of a mebibyte whole', async () => {
    const sink = await destination();
    const body = new Uint8Array(1_024 * 1_024).fill(0x61);
    expect((await localSender().send(call(sink.url, { body }))).statusCode).toBe(200);
    expect(sink.requests[0]?.body.length).toBe(body.length);
  });

  it('says that an empty body is empty', async () => {
    const sink = await destination();
    await localSender().send(call(sink.url, { body: new Uint8Array() }));
    await localSender().send(call(sink.url, { body: new Uint8Array(), method: 'GET' }));
    expect(sink.requests[0]?.headers['content-length']).toBe('0');
    expect(sink.requests[1]?.headers).not.toHaveProperty('content-length');
    expect(sink.requests[1]?.headers).not.toHaveProperty('transfer-encoding');
  });

  it.each([204, 301, 302, 304, 307, 308, 400, 404, 410, 429, 500, 503, 599])(
    'brings back %i as it is, and follows nothing',
    async (status) => {
      const inner = await destination();
      const location = `http://127.0.0.1:${inner.port}/latest/meta-data`;
      const steps =
        status === 204 || status === 304
          ? ([{ kind: 'write', data: head(status, { location }) }] as const)
          : answer(status, 'moved', { location, 'retry-after': '7' });
      const sink = await destination({ script: () => steps });
      const result = await localSender().send(call(sink.url));
      expect(verdict(result)).toEqual({ error: null, statusCode: status, detail: undefined });
      expect(result.responseHeaders.location).toBe(location);
      expect(inner.connections()).toBe(0);
      expect(sink.requests).toHaveLength(1);
    },
  );

  it('takes 101 for an answer and the connection for gone', async () => {
    const data = head(101, { upgrade: 'websocket', connection: 'upgrade' });
    const sink = await destination({ script: () => [{ kind: 'write', data }] });
    expect(verdict(await localSender().send(call(sink.url)))).toMatchObject({
      error: null,
      statusCode: 101,
    });
    await expect.poll(() => sink.open()).toBe(0);
  });

  it('passes over 1xx answers to the real one', async () => {
    const data = `${head(100)}${head(103, { link: '</a>' })}${head(102)}`;
    const sink = await destination({
      script: () => [{ kind: 'write', data }, ...answer(201, 'made')],
    });
    expect(await localSender().send(call(sink.url))).toMatchObject({
      statusCode: 201,
      responseBody: 'made',
    });
  });

  it('reads an answer whose end is the end of the connection', async () => {
    const data = `${head(200)}until the end`;
    const sink = await destination({ script: () => [{ kind: 'write', data }, { kind: 'end' }] });
    expect(await localSender().send(call(sink.url))).toMatchObject({
      error: null,
      responseBody: 'until the end',
    });
  });

  it('reads chunks', async () => {
    const data = `${head(200, { 'transfer-encoding': 'chunked' })}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`;
    const sink = await destination({ script: () => [{ kind: 'write', data }] });
    expect(await localSender().send(call(sink.url))).toMatchObject({ responseBody: 'abcde' });
  });
});

describe('what may not be sent', () => {
  it.each([
    ['http://169.254.169.254/latest/meta-data/', 'scheme_not_allowed'],
    ['https://169.254.169.254/latest/meta-data/', 'address_not_public'],
    ['https://0x7f000001/', 'host_not_canonical'],
    ['https://localhost/', 'name_not_public'],
    ['nonsense', 'url_malformed'],
  ])('%s is blocked before anything is looked up', async (url, detail) => {
    const lookups: string[] = [];
    const lookup = async (host: string) => {
      lookups.push(host);
      return { addresses: ['127.0.0.1'], aliases: [] };
    };
    const result = await localSender({ lookup }).send(call(url));
    expect(verdict(result)).toEqual({ error: 'blocked', statusCode: null, detail });
    expect(lookups).toEqual([]);
  });

  it('is this machine, unless the policy says so', async () => {
    const sink = await destination();
    const strict = httpSender({ policy: { mode: 'strict', ownHosts: [] } });
    for (const url of [sink.url, sink.url.replace('http', 'https')]) {
      expect((await strict.send(call(url))).error).toBe('blocked');
    }
    expect(sink.connections()).toBe(0);
  });

  it.each([
    [{ headers: { 'Content-Length': '3' } }, 'header_not_allowed'],
    [{ headers: { Host: 'inner' } }, 'header_not_allowed'],
    [{ headers: { 'transfer-encoding': 'chunked' } }, 'header_not_allowed'],
    [{ headers: { x: 'a\r\nb: c' } }, 'header_not_allowed'],
    [{ method: 'CONNECT' }, 'method_not_allowed'],
    [{ method: 'GET / HTTP/1.1\r\n' }, 'method_not_allowed'],
  ])('is %j', async (more, detail) => {
    const sink = await destination();
    const result = await localSender().send(call(sink.url, more));
    expect(verdict(result)).toMatchObject({ error: 'blocked', detail });
    expect(sink.connections()).toBe(0);
  });
});

describe('addresses of a name', () => {
  it('are looked up once for each attempt, and only good answers get a connection', async () => {
    const sink = await destination();
    const answers = [
      ['127.0.0.1'],
      ['10.0.0.5'],
      ['127.0.0.1', '10.0.0.5'],
      ['169.254.169.254', '127.0.0.1'],
      ['127.0.0.1', '8.8.8.8'],
      ['::ffff:127.0.0.1'],
      ['127.0.0.1', '127.0.0.1'],
    ];
    let lookups = 0;
    const sender = localSender({
      lookup: found(() => answers[lookups++ % answers.length] ?? []),
    });
    let good = 0;
    for (let flip = 0; flip < 210; flip++) {
      const isGood = [0, 6].includes(flip % answers.length);
      const result = await sender.send(call(`http://localhost:${sink.port}/`));
      expect(result.error).toBe(isGood ? null : 'blocked');
      if (isGood) good++;
      expect(lookups).toBe(flip + 1);
      expect(sink.requests).toHaveLength(good);
    }
  });

  it('of a public name are refused when they point here, with no connection made', async () => {
    const sink = await destination();
    for (const mode of ['strict', 'loopback'] as const) {
      const lookup = found(() => ['127.0.0.1']);
      const sender = httpSender({ policy: { mode, ownHosts: [] }, lookup });
      const result = await sender.send(call(`https://rebind.example.com:${sink.port}/`));
      expect(verdict(result)).toMatchObject({ error: 'blocked', detail: 'address_not_public' });
    }
    expect(sink.connections()).toBe(0);
  });

  it('are vetted anew before a connection is used again', async () => {
    const sink = await destination();
    const answers = [['127.0.0.1'], ['10.0.0.1'], ['127.0.0.1']];
    const sender = localSender({ lookup: found(() => answers.shift() ?? []) });
    const url = `http://localhost:${sink.port}/`;
    expect((await sender.send(call(url))).error).toBeNull();
    expect((await sender.send(call(url))).error).toBe('blocked');
    expect((await sender.send(call(url))).error).toBeNull();
    expect(sink.requests).toHaveLength(2);
    expect(sink.connections()).toBe(1);
  });

  it('are tried one after the other while nobody answers', async () => {
    const sink = await destination();
    const url = `http://localhost:${sink.port}/`;
    const lookup = found(() => ['::1', '127.0.0.1']);
    expect((await localSender({ lookup }).send(call(url))).statusCode).toBe(200);
    expect(sink.requests).toHaveLength(1);
  });

  it('are thirty-two at most', async () => {
    const sink = await destination();
    const addresses = Array.from({ length: 33 }, (_, at) => `127.0.0.${at + 1}`);
    const result = await localSender({ lookup: found(() => addresses) }).send(
      call(`http://localhost:${sink.port}/`),
    );
    expect(verdict(result)).toMatchObject({ error: 'blocked', detail: 'too_many_addresses' });
    expect(sink.connections()).toBe(0);
  });

  it.each([
    ['ENOTFOUND', 'dns_not_found'],
    ['ENODATA', 'dns_not_found'],
    ['ESERVFAIL', 'dns_failed'],
    ['ETIMEOUT', 'dns_failed'],
  ])('that cannot be had (%s) are a failure of DNS', async (code, detail) => {
    const lookup = () => Promise.reject(Object.assign(new Error('10.0.0.1'), { code }));
    const result = await localSender({ lookup }).send(call('https://a.example.com/'));
    expect(verdict(result)).toEqual({ error: 'dns', statusCode: null, detail });
  });

  it('are none when the answer is empty', async () => {
    const result = await localSender({ lookup: found(() => []) }).send(call('https://a.com/'));
    expect(verdict(result)).toMatchObject({ error: 'dns', detail: 'no_addresses' });
  });
});

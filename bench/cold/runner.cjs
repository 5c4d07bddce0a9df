// What AWS's runtime client has loaded when it comes to the function (aws-lambda-ric 4.0), and then
// the function. A plain file, since loading TypeScript would load half of what is to be measured.
for (const name of ['path', 'fs', 'net', 'http', 'os', 'util', 'worker_threads']) {
  require(`node:${name}`);
}

async function run(file) {
  const before = process.threadCpuUsage();
  const startedAt = performance.now();
  const { handler } = await import(file);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.threadCpuUsage(before);
  if (typeof handler !== 'function') throw new Error(`${file} exports no handler.`);
  const undici = process.moduleLoadList.some((module) => module.includes('undici'));
  process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1_000, wallMs, undici }));
}

run(process.argv[2]);

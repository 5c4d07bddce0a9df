// Plain JavaScript, so that an older Node can read it and say what is missing.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `Breakwater runs on Node 24, the runtime of its functions; this is ${process.version}.\n` +
      'npm ci installs Node 24 beside it for Linux and macOS (as optional packages, so without\n' +
      '--omit=optional). On another platform install Node 24 and try again.\n',
  );
  process.exit(1);
}

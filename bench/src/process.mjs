// What a user of Node would write to run a module: `call FILE NUMBER` calls its
// export `run`, `wasi FILE ARGUMENTS…` runs a program.
import fs from 'node:fs';

const [how, file, ...words] = process.argv.slice(1);
const module = new WebAssembly.Module(fs.readFileSync(file));
if (how === 'call') {
  const { exports } = new WebAssembly.Instance(module);
  console.log(String(exports.run(BigInt(words[0]))));
} else {
  const { WASI } = await import('node:wasi');
  const wasi = new WASI({ version: 'preview1', args: ['program', ...words], returnOnExit: true });
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}

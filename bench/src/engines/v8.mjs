// Answers the questions of v8.rs: a line of words in, a line out, which begins
// with `ok` or `error`. Times are in nanoseconds.
import fs from 'node:fs';

const { Instance, Memory, Module } = WebAssembly;
const programs = [];
const bytes = new Map();

function read(path) {
  if (!bytes.has(path)) bytes.set(path, fs.readFileSync(path));
  return bytes.get(path);
}

function imports(module) {
  const all = {};
  for (const { module: from, name, kind } of Module.imports(module)) {
    if (kind !== 'function') continue;
    const result = from.startsWith('wasi') ? 8 : 0;
    all[from] ??= {};
    all[from][name] = from === 'host' && name === 'add' ? (a, b) => (a + b) | 0 : () => result;
  }
  return all;
}

// The functions of a module's imports, made once.
const known = new Map();
function importsOf(path) {
  if (!known.has(path)) known.set(path, imports(new Module(read(path))));
  return known.get(path);
}

// With a new memory, if the module imports one.
function given(functions, memory) {
  if (memory === 'none') return functions;
  const [from, name, initial, maximum] = memory.split(' ');
  const made = new Memory({ initial: Number(initial), maximum: Number(maximum) });
  return { ...functions, [from]: { ...functions[from], [name]: made } };
}

function argument(word) {
  if (word === 'none') return [];
  return word.startsWith('i64:') ? [BigInt(word.slice(4))] : [Number(word.slice(4))];
}

// The wall's clock, or processor time if asked for by the title.
function processorTime() {
  const { user, system } = process.cpuUsage();
  return 1000n * BigInt(user + system);
}
const now = process.title === 'processor' ? processorTime : process.hrtime.bigint;

const answers = {
  compile(path) {
    const source = read(path);
    const begin = now();
    const module = new Module(source);
    return [now() - begin, module ? 0 : 1];
  },
  cold(path, memory, name, word) {
    const [source, functions, values] = [read(path), importsOf(path), argument(word)];
    const begin = now();
    const instance = new Instance(new Module(source), given(functions, memory));
    const value = instance.exports[name](...values);
    return [now() - begin, value];
  },
  load(path, memory) {
    const instance = new Instance(new Module(read(path)), given(importsOf(path), memory));
    instance.exports._initialize?.();
    return [programs.push(instance.exports) - 1];
  },
  call(program, name, word) {
    const [run, values] = [programs[program][name], argument(word)];
    const begin = now();
    const value = run(...values);
    return [now() - begin, value];
  },
  often(program, name, count) {
    const run = programs[program][name];
    let sum = 0n;
    const begin = now();
    for (let n = 0; n < count; n++) sum += run(n);
    return [now() - begin, BigInt.asIntN(64, sum)];
  },
  instantiate(path, memory, count) {
    const [module, functions] = [new Module(read(path)), importsOf(path)];
    const begin = now();
    for (let n = 0; n < count; n++) new Instance(module, given(functions, memory));
    return [now() - begin];
  },
  drop(program) {
    programs[program] = undefined;
    return [0];
  },
  version() {
    return [`Node ${process.versions.node} (V8 ${process.versions.v8})`];
  },
};

let rest = '';
const buffer = Buffer.alloc(1 << 16);
for (;;) {
  let length;
  try {
    length = fs.readSync(0, buffer);
  } catch (error) {
    if (error.code === 'EAGAIN') continue;
    throw error;
  }
  if (length === 0) break;
  rest += buffer.toString('utf8', 0, length);
  let end;
  while ((end = rest.indexOf('\n')) >= 0) {
    const [question, ...words] = rest.slice(0, end).split('\t');
    rest = rest.slice(end + 1);
    let answer;
    try {
      answer = ['ok', ...answers[question](...words)].join('\t');
    } catch (error) {
      answer = 'error\t' + String(error).replaceAll('\n', ' ');
    }
    fs.writeSync(1, answer + '\n');
  }
}

/** A job type for tests: its script names what to do, with real files and programs, good and bad. */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type OpenSession, type SessionHost, TaskFault, type TaskHost, type TaskOutcome } from '../../../../src/plugin/job-type.ts';

const fault = (code: string, message: string) => new TaskFault({ code, message, retry: false, blameNode: false });

export const open: OpenSession = async (host) => {
  host.log('toy opened');
  if (existsSync(join(host.inputs, 'refuse'))) throw fault('not-a-scene', 'the toy refuses these inputs');
  if (existsSync(join(host.inputs, 'die'))) process.exit(3);
  if (existsSync(join(host.inputs, 'hang'))) await new Promise(() => setInterval(() => {}, 1000));
  let tasks = 0;
  return {
    async run(task) {
      tasks += 1;
      task.progress(0.5, 'half way');
      const { do: name } = task.script;
      const action = actions[String(name)];
      if (action === undefined) throw new Error(`no action ${name}`);
      const outputs = await action(task, host, tasks);
      return { outputs, process: process.pid, warnings: [] };
    },
    async close() {
      appendFileSync(join(host.scratch, 'closed'), 'closed');
    },
  };
};

/** A program of the stubborn task of this session. */
function isSleeper(pid: string): boolean {
  const { HOME: home } = process.env;
  try {
    const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HOME=${home}\0`);
    return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep\0');
  } catch {
    return false;
  }
}

type Action = (task: TaskHost, host: SessionHost, tasks: number) => Promise<TaskOutcome['outputs']>;

function put(task: TaskHost, name: string, text: string): readonly string[] {
  writeFileSync(join(task.outputs, name), text);
  return [name];
}

const actions: { readonly [name: string]: Action } = {
  /** What the session is and was given. */
  async report(task, host, tasks) {
    const { HOME: home, TMPDIR: temporary } = process.env;
    console.log('printed by the plugin');
    const input = readFileSync(join(host.inputs, 'greeting'), 'utf8');
    const { cores, programs } = host;
    return put(task, 'report.json', JSON.stringify({ input, tasks, cores, programs, home, temporary, pid: process.pid, parameters: task.parameters }));
  },
  /** Runs `file` with `args`; its output and exit code are the result. */
  async execute(task) {
    const { file, args } = task.script;
    const child = spawn(String(file), (args as readonly string[] | undefined) ?? [], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (bytes) => (text += bytes));
    child.stderr.on('data', (bytes) => (text += bytes));
    const code = await new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', resolve);
    });
    return put(task, 'execute.txt', `${text}\nexit ${code}`);
  },
  /** Tells a secret in every way there is. */
  async blab(task) {
    const { SUPERVM_SECRETS: folder = '' } = process.env;
    const file = join(folder, 'API_KEY');
    const value = readFileSync(file, 'utf8');
    console.log(`log ${value}`);
    process.stderr.write(value.slice(0, 3));
    task.log(`line ${value}`);
    process.stderr.write(`${value.slice(3)}\n`);
    process.stdout.write(`cut ${value.slice(0, 4)}\n${value.slice(4)}\n`);
    task.progress(0.7, `now ${value}`);
    const { mode, uid } = statSync(file);
    const { mode: folderMode } = statSync(folder);
    if (task.script['fail'] === true) throw fault('task-failed', `it is ${value}`);
    return put(
      task,
      'blab.json',
      JSON.stringify({ length: value.length, mode: mode & 0o777, folderMode: folderMode & 0o777, isOurs: uid === process.getuid?.() }),
    );
  },
  /** Starts programs of its own, in its group and out of it, and does not listen to anybody. */
  async stubborn(task) {
    spawn('sleep', ['3210'], { stdio: 'ignore' });
    spawn('sleep', ['3211'], { stdio: 'ignore', detached: true });
    // Forked twice, in a session of its own, deaf to whoever asks.
    spawn('sh', ['-c', `(setsid sh -c "trap '' TERM HUP; (sleep 3212 &)" &)`], { stdio: 'ignore', detached: true });
    task.progress(0.6, 'stubborn');
    return new Promise(() => setInterval(() => {}, 1000));
  },
  /** The same, and ends well all the same. */
  async litter(task) {
    const { stubborn } = actions;
    void stubborn?.(task, { inputs: '', scratch: '', programs: [], cores: 1, log: () => {} }, 0);
    while (readdirSync('/proc').filter((pid) => isSleeper(pid)).length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    return put(task, 'done', '');
  },
  /** Until the file `file` is there; then does what `next` says, or ends well. */
  async wait(task, host, tasks) {
    const { file, next } = task.script;
    console.log('waits');
    while (!existsSync(String(file))) await new Promise((resolve) => setTimeout(resolve, 10));
    console.log('goes on');
    if (next !== undefined) return (actions[String(next)] as Action)(task, host, tasks);
    return put(task, 'pid', String(process.pid));
  },
  async obedient(task) {
    await new Promise((resolve) => task.signal.addEventListener('abort', resolve));
    throw fault('task-failed', 'gave up');
  },
  async fault() {
    throw fault('scene-unrenderable', 'no camera');
  },
  async throw() {
    throw new Error('a defect in the toy');
  },
  async exit() {
    process.stderr.write('last words\n');
    process.exit(3);
  },
  async killed() {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  },
  async missing() {
    return ['nothing.png'];
  },
  async escape(task) {
    writeFileSync(join(task.outputs, '..', 'outside'), 'outside');
    return ['../outside'];
  },
  async symlink(task) {
    symlinkSync('/etc/hostname', join(task.outputs, 'link'));
    return ['link'];
  },
  async folderLink(task) {
    symlinkSync('/etc', join(task.outputs, 'etc'));
    return ['etc/hostname'];
  },
  /** The folder of the outputs itself becomes a link. */
  async outputsLink(task) {
    renameSync(task.outputs, `${task.outputs}-own`);
    symlinkSync('/etc', task.outputs);
    return ['hostname'];
  },
  async attemptLink(task, host) {
    const own = dirname(task.outputs);
    mkdirSync(join(host.scratch, 'outputs'));
    writeFileSync(join(host.scratch, 'outputs', 'file'), 'text');
    renameSync(own, `${own}-own`);
    symlinkSync(host.scratch, own);
    return ['file'];
  },
  async hardLink(task) {
    put(task, 'one', 'one');
    linkSync(join(task.outputs, 'one'), join(task.outputs, 'two'));
    return ['two'];
  },
  async fill(task) {
    return put(task, 'big', 'x'.repeat(8_000_000));
  },
};

/**
 * The demonstration behind `npm run demo`: three daemons find each other, elect a coordinator and render an animation; half way the
 * coordinator is killed with -9 and the others finish. What it starts it stops; only demo-output/ stays.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { JobView, ResultView, StatusView } from '../../src/api/views.ts';
import { execute, Lab, namespacesMissing } from '../../test/support/lab.ts';
import type { Machine } from '../../test/support/lab-machine.ts';
import { coordinatorOf, startCluster } from '../../test/support/start-cluster.ts';
import { checkFrames } from './check-frames.ts';
import { makeContactSheet } from './contact-sheet.ts';

const root = resolve(import.meta.dirname, '../..');
const output = resolve(root, 'demo-output');
const scene = resolve(root, 'examples/scenes/demo.blend');
const started = performance.now();

function say(line: string): void {
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `            ${line}`)
    .join('\n');
}

/** Follows the job from `submitter`, kills `victim` after half of the frames, resolves with the finished job. */
async function watch(submitter: Machine, victim: Machine, job: string): Promise<JobView> {
  let killed = false;
  let shown = -1;
  let view = await submitter.json<JobView>('job', job);
  await submitter.until(async () => {
    view = await submitter.json<JobView>('job', job);
    const { kept, total } = view.tasks;
    if (kept >= shown + 6 || (kept === total && shown !== kept)) {
      const at = view.running
        .map((running) => `${running.nodeName}: ${running.task.replace('render ', '')} ${Math.round(running.fraction * 100)} %`)
        .join('   ');
      say(`${String(kept).padStart(3)} of ${total} frames   ${at}`);
      shown = kept;
    }
    if (!killed && kept >= total / 2) {
      killed = true;
      say(`kill -9 ${victim.name}, the coordinator, in the middle of the job`);
      await victim.kill('SIGKILL');
    }
    return view.phase !== 'active';
  }, 300_000);
  return view;
}

function countBy(values: readonly string[]): string {
  const counts = Map.groupBy(values, (value) => value);
  return [...counts].map(([value, all]) => `${value} ${all.length}`).join(', ');
}

async function demonstrate(lab: Lab): Promise<void> {
  say(`starting three daemons with homes in ${lab.folder}`);
  await startCluster(lab);
  const coordinator = await coordinatorOf(lab, lab.machine(0));
  const submitter = lab.machines.find((machine) => machine !== coordinator) as Machine;
  say(`they found each other and elected ${coordinator.name}; \`supervm status\` on ${submitter.name} says:`);
  process.stdout.write(`${indent((await submitter.run('status')).stdout)}\n`);
  const frames = resolve(output, 'frames');
  say(`on ${submitter.name}: supervm render ${relative(root, scene)} -o demo-output/frames`);
  const { id } = await submitter.json<{ readonly id: string }>('render', scene, '-o', frames, '--detach');
  const job = await watch(submitter, coordinator, id);
  if (job.phase !== 'succeeded') throw new Error(`the job ended as ${job.phase}; ${(await submitter.run('job', id)).stdout}`);
  const finished = await submitter.run('wait', id);
  if (finished.code !== 0) throw new Error(`supervm wait ended with ${finished.code}: ${finished.stderr}`);
  const count = checkFrames(frames, job.tasks.total);
  const results = await submitter.json<readonly ResultView[]>('job', id, '--results');
  say(`all ${count} frames are there and decode; rendered by ${countBy(results.map((result) => result.nodeName))}`);
  const after = await submitter.json<StatusView>('status');
  say(`coordinator now: ${after.nodes.find((node) => node.coordinator)?.name ?? 'none'}; nothing was lost, nothing was rendered into the folder twice`);
  await makeContactSheet(frames, count, resolve(output, 'contact-sheet.png'));
  say('contact sheet: demo-output/contact-sheet.png');
}

function chooseLevel(): 'namespaces' | 'ports' {
  const reason = namespacesMissing();
  if (reason === undefined) return 'namespaces';
  say(`${reason}: the three daemons run side by side on this machine's loopback instead, each told the others' ports`);
  return 'ports';
}

async function main(): Promise<void> {
  say('supervm: one computer out of three');
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const lab = Lab.create({ nodes: 3, level: chooseLevel() });
  let leaving = false;
  const leave = (code: number): void => {
    if (leaving) return;
    leaving = true;
    say('stopping what was started');
    void lab[Symbol.asyncDispose]().finally(() => process.exit(code));
  };
  process.once('SIGINT', () => leave(130));
  process.once('SIGTERM', () => leave(143));
  try {
    await demonstrate(lab);
  } catch (error) {
    if (!leaving) {
      say(`the demonstration failed: ${(error as Error).message}`);
      process.stdout.write(indent(await execute('sh', ['-c', `tail -n 20 ${lab.folder}/*.out ${lab.folder}/*/logs/daemon.log 2>/dev/null || true`])));
      leave(1);
    }
    return;
  }
  await lab[Symbol.asyncDispose]();
  say('everything that was started is stopped. Next, on machines of your own:');
  process.stdout.write(
    indent(
      'supervm up                        on the first machine\nsupervm invite                    there; it prints a line\nsupervm join                      on each other machine: paste the line\nsupervm render scene.blend --frames 1-100 -o frames\n',
    ),
  );
  process.stdout.write('\n');
}

await main();

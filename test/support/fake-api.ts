/** An ApiService that answers what a test tells it to; every other route is a defect. For tests of the server and of the command line. */
import type { ApiService } from '../../daemon/http/api-service.ts';
import type { RouteTypes } from '../../src/api/requests.ts';
import type { JobView, NodeView, StatusView } from '../../src/api/views.ts';
import { SupervmError } from '../../src/model/errors.ts';
import { inventoryOf } from './inventories.ts';
import { attemptOf } from './jobs.ts';

export function fakeApi(answers: Partial<Omit<ApiService, 'streams'>>, streams: Partial<ApiService['streams']> = {}): ApiService {
  const missing = (name: string) => () => Promise.reject(new SupervmError('internal', `the test has no answer for ${name}`));
  const rest = new Proxy({}, { get: (_, name) => missing(String(name)) }) as ApiService;
  const all = {
    health: async () => ({ ok: true as const, node: 'a', version: '0' }),
    ...answers,
    streams: { jobEvents: missing('jobEvents'), events: missing('events'), ...streams },
  };
  return new Proxy(all, { get: (target, name) => Reflect.get(target, name) ?? Reflect.get(rest, name) }) as unknown as ApiService;
}

export const sampleId = '3f2a9c1b'.repeat(8);

export function viewOf(changes: Partial<JobView> = {}): JobView {
  return {
    id: sampleId,
    name: 'cube',
    type: 'render',
    owner: 'ann',
    phase: 'active',
    settled: false,
    generation: 1,
    submittedAt: 0,
    submitter: 'a',
    outputFolder: '/out',
    tasks: { total: 4, kept: 1, running: 1, failed: 0, pending: 2 },
    delivered: 1,
    deliveryComplete: true,
    deliveryProblem: undefined,
    running: [{ attempt: attemptOf(sampleId, 1), task: 'render frame=2', nodeName: 'n2', fraction: 0.45, message: 'Sample 12/64', seconds: 3 }],
    failures: [],
    etaSeconds: 12,
    conflicts: [],
    conflictingResults: [],
    copies: ['host-a'],
    copiesWanted: 1,
    ...changes,
  };
}

export const doneView: JobView = viewOf({
  phase: 'succeeded',
  settled: true,
  tasks: { total: 4, kept: 4, running: 0, failed: 0, pending: 0 },
  running: [],
  etaSeconds: undefined,
});

export const partlyFailedView: JobView = viewOf({
  phase: 'partly-failed',
  settled: true,
  tasks: { total: 4, kept: 3, running: 0, failed: 1, pending: 0 },
  running: [],
  failures: [
    {
      task: 'render frame=42',
      code: 'task-failed',
      message: 'plate_0042.png is damaged',
      nodeName: 'n2',
      attempts: 3,
      logTail: 'Read prefs\nError: plate_0042.png',
    },
  ],
});

export function nodeView(name: string, changes: Partial<NodeView> = {}): NodeView {
  return {
    id: `id-${name}`,
    name,
    host: `host-${name}`,
    version: '0',
    reachability: 'alive',
    coordinator: false,
    voter: true,
    self: false,
    paused: false,
    addresses: [],
    inventory: inventoryOf(),
    running: 0,
    ...changes,
  };
}

export const sampleStatus: StatusView = {
  cluster: 'f00dcafe',
  node: 'id-n1',
  coordinator: { number: 7, node: 'id-n2' },
  standing: { quorate: true, reachable: 2, voters: 2 },
  nodes: [nodeView('n1', { self: true }), nodeView('n2', { coordinator: true })],
  totals: { nodes: 2, cores: 8, memoryBytes: 16 * 2 ** 30, freeMemoryBytes: 12 * 2 ** 30, gpus: 0 },
  copies: 2,
  durability: { copies: 2, wanted: 2, problems: [] },
  queue: { jobs: 1, runningTasks: 2, pendingTasks: 22, etaSeconds: 60 },
};

export function receiptOf(changes: Partial<RouteTypes['submit']['reply']> = {}): RouteTypes['submit']['reply'] {
  return {
    id: sampleId,
    name: 'cube',
    tasks: 4,
    skipped: 0,
    outputFolder: '/out',
    inputs: { files: 3, bytes: 2048 },
    copies: ['host-a', 'host-b', 'host-c'],
    wanted: 3,
    warnings: [],
    ...changes,
  };
}

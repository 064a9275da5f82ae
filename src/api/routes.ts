/** The one route table: the server binds it, the client calls by it. Who may call what is decided here and nowhere else. */
import type { RouteName } from './requests.ts';
import type { RouteRole } from './roles.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `:name` for parameters. */
  readonly path: string;
  readonly role: RouteRole;
  readonly summary: string;
  /** 200 unless said otherwise. */
  readonly status?: 201 | 202;
  /**
   * `events`: an endless text/event-stream of `EventView`s. `progress`: JSON, or, when the caller accepts text/event-stream, `progress`
   * events and at last one `result` or `problem`.
   */
  readonly stream?: 'events' | 'progress';
}

export const routes: { readonly [name in RouteName]: Route } = {
  health: { method: 'GET', path: '/health', role: 'viewer', summary: 'Whether the daemon answers.' },
  status: { method: 'GET', path: '/api/v1/status', role: 'viewer', summary: 'The cluster at a glance.' },
  nodes: { method: 'GET', path: '/api/v1/nodes', role: 'viewer', summary: 'Every node and what it has.' },
  peers: { method: 'GET', path: '/api/v1/peers', role: 'viewer', summary: 'What this node and its peers see of each other: clocks, and who gets through.' },
  pauseNode: { method: 'POST', path: '/api/v1/nodes/:node/pause', role: 'admin', summary: 'Gives a node no new tasks.' },
  unpauseNode: { method: 'POST', path: '/api/v1/nodes/:node/unpause', role: 'admin', summary: 'Gives a paused node tasks again.' },
  rotateSecret: { method: 'POST', path: '/api/v1/rotate-secret', role: 'admin', summary: "Replaces the cluster's secret on all machines." },
  recover: { method: 'POST', path: '/api/v1/recover', role: 'admin', summary: 'Gives this machine an admin key again, by the recovery code.' },
  removeNode: { method: 'POST', path: '/api/v1/nodes/:node/remove', role: 'admin', summary: 'Expels a machine from the cluster for ever.' },
  forgetNode: {
    method: 'POST',
    path: '/api/v1/nodes/:node/forget',
    role: 'admin',
    summary: 'Takes a machine that will not return off the list of voters; `acceptLoss` though what was settled could be undone.',
  },
  jobs: { method: 'GET', path: '/api/v1/jobs', role: 'viewer', summary: 'All jobs, the latest first.' },
  submit: {
    method: 'POST',
    path: '/api/v1/jobs',
    role: 'user',
    status: 201,
    stream: 'progress',
    summary: 'Submits a job; answers when its record and inputs are on disk.',
  },
  job: { method: 'GET', path: '/api/v1/jobs/:job', role: 'viewer', summary: 'One job, by its id or an unambiguous beginning of it.' },
  jobEvents: { method: 'GET', path: '/api/v1/jobs/:job/events', role: 'viewer', stream: 'events', summary: 'The job now and whenever it changes.' },
  cancel: { method: 'POST', path: '/api/v1/jobs/:job/cancel', role: 'user', summary: 'Ends the job; nothing of it is kept from then on.' },
  retry: { method: 'POST', path: '/api/v1/jobs/:job/retry', role: 'user', summary: 'Runs the tasks without a result again.' },
  pause: { method: 'POST', path: '/api/v1/jobs/:job/pause', role: 'user', summary: 'Starts no more tasks of the job.' },
  resume: { method: 'POST', path: '/api/v1/jobs/:job/resume', role: 'user', summary: 'Takes a paused job up again.' },
  remove: {
    method: 'POST',
    path: '/api/v1/jobs/:job/remove',
    role: 'user',
    summary: 'Forgets an ended job for ever, with its facts, files and logs on every node; `force` cancels it first.',
  },
  why: { method: 'GET', path: '/api/v1/jobs/:job/why', role: 'viewer', summary: 'Why the job waits or failed, with the fix.' },
  results: { method: 'GET', path: '/api/v1/jobs/:job/results', role: 'viewer', summary: 'The kept result of each task.' },
  logs: { method: 'GET', path: '/api/v1/jobs/:job/logs', role: 'viewer', summary: 'What the ended attempts of the job said.' },
  deliver: {
    method: 'POST',
    path: '/api/v1/jobs/:job/deliver',
    role: 'user',
    stream: 'progress',
    summary: 'Writes the results into a folder of this machine.',
  },
  tokens: { method: 'GET', path: '/api/v1/tokens', role: 'admin', summary: 'All tokens, the newest first; never their texts.' },
  createToken: { method: 'POST', path: '/api/v1/tokens', role: 'admin', status: 201, summary: 'Makes a token and tells its text, this once.' },
  revokeToken: { method: 'POST', path: '/api/v1/tokens/:token/revoke', role: 'admin', summary: 'Makes a token, by name or id, count no longer on any node.' },
  secrets: { method: 'GET', path: '/api/v1/secrets', role: 'user', summary: 'The names of all secrets; never their values.' },
  setSecret: { method: 'POST', path: '/api/v1/secrets/:secret', role: 'admin', summary: 'Sets a secret that tasks may ask for, or replaces its value.' },
  removeSecret: { method: 'POST', path: '/api/v1/secrets/:secret/remove', role: 'admin', summary: 'Removes a secret from every node.' },
  audit: {
    method: 'GET',
    path: '/api/v1/audit',
    role: 'admin',
    summary: 'Who did what, the newest last; `since` in Unix milliseconds, `who` as a part of the name, `limit`.',
  },
  invite: { method: 'POST', path: '/api/v1/invites', role: 'admin', status: 201, summary: 'Makes an invitation for other machines.' },
  invitation: { method: 'GET', path: '/api/v1/invites/:invite', role: 'admin', summary: 'How an invitation stands, and who waits to be let in by it.' },
  answerInvite: { method: 'POST', path: '/api/v1/invites/:invite/answer', role: 'admin', summary: 'Lets a waiting machine in, or turns it away.' },
  events: { method: 'GET', path: '/api/v1/events', role: 'viewer', stream: 'events', summary: 'Everything that happens.' },
  drain: {
    method: 'POST',
    path: '/api/v1/drain',
    role: 'admin',
    summary: 'Takes no new tasks and stops this daemon once what runs here has ended; says what is left.',
  },
  undrain: { method: 'POST', path: '/api/v1/undrain', role: 'admin', summary: 'Takes tasks again instead.' },
  shutdown: {
    method: 'POST',
    path: '/api/v1/shutdown',
    role: 'admin',
    status: 202,
    summary: 'Stops this daemon now; its tasks go back to the cluster, or are left to the next daemon.',
  },
  loginCode: {
    method: 'POST',
    path: '/api/v1/login-codes',
    role: 'owner',
    status: 201,
    summary: 'Makes a one-time code that opens a session for a browser within a minute.',
  },
  openSession: { method: 'POST', path: '/api/session', role: 'code', summary: 'Exchanges a one-time code for a session, in a cookie.' },
  session: { method: 'GET', path: '/api/session', role: 'viewer', summary: 'Who is calling, and as what.' },
  closeSession: { method: 'POST', path: '/api/session/close', role: 'viewer', summary: 'Ends the session that calls.' },
  superVmStatus: { method: 'GET', path: '/api/super-vm/status', role: 'viewer', summary: 'The cluster as one computer.' },
  superVmResources: { method: 'GET', path: '/api/super-vm/resources', role: 'viewer', summary: 'What all nodes have together.' },
  superVmMetrics: { method: 'GET', path: '/api/super-vm/metrics', role: 'viewer', summary: 'Counts of nodes, jobs and tasks.' },
  superVmRender: {
    method: 'POST',
    path: '/api/super-vm/render',
    role: 'user',
    status: 202,
    summary: 'Renders a scene; with ?wait=1 answers when it has ended.',
  },
};

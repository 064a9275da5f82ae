/** Which calls of the API are written down, and as what. Looking is not; every change is. */
import type { RouteName, RouteTypes } from '../../src/api/requests.ts';
import type { AuditLine } from '../../src/model/cluster-facts.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { Answers, Call } from './api-service.ts';
import { roleOf } from './caller.ts';

type Said = Pick<AuditLine, 'action' | 'subject'> & Partial<Pick<AuditLine, 'detail'>>;
type Once = keyof Answers;
/** `reply` is undefined where the call failed. Undefined for what need not be written. */
type Describe<K extends RouteName> = (call: Call<K>, reply: RouteTypes[K]['reply'] | undefined) => Said | undefined;

const ofJob =
  (action: string) =>
  ({ params }: { readonly params: { readonly job: string } }): Said => ({ action, subject: params.job });
const ofNode =
  (action: string) =>
  ({ params }: { readonly params: { readonly node: string } }): Said => ({ action, subject: params.node });
const ofDaemon = (action: string) => (): Said => ({ action, subject: '' });

/** Who was let in, and who was expelled, is written where it happens: the pairing listener and other nodes have a hand in it. */
export const audited: { readonly [K in Once]?: Describe<K> } = {
  submit: ({ body }, reply) => ({ action: 'job-submitted', subject: reply?.id ?? '', detail: `${body.type} ${reply?.name ?? ''}`.trim() }),
  superVmRender: ({ body }, reply) => ({ action: 'job-submitted', subject: reply?.jobId ?? '', detail: `render ${body.sceneFile}` }),
  cancel: ofJob('job-cancelled'),
  retry: ofJob('job-retried'),
  remove: ofJob('job-removed'),
  pause: ofJob('job-paused'),
  resume: ofJob('job-resumed'),
  deliver: ({ params, body }) => ({ action: 'results-written', subject: params.job, detail: body.folder }),
  pauseNode: ofNode('node-paused'),
  unpauseNode: ofNode('node-unpaused'),
  forgetNode: ofNode('voter-forgotten'),
  invite: () => ({ action: 'invitation-made', subject: '' }),
  // `supervm down` asks again and again how far it is, and then names the process.
  drain: ({ body }) => (body?.pid === undefined ? { action: 'daemon-drained', subject: '' } : undefined),
  undrain: ofDaemon('daemon-undrained'),
  shutdown: ofDaemon('daemon-stopped'),
  loginCode: (_, reply) => ({ action: 'login-code-made', subject: '', ...(reply === undefined ? {} : { detail: reply.role }) }),
  openSession: (_, reply) => ({ action: 'session-opened', subject: '', ...(reply === undefined ? {} : { detail: reply.role }) }),
  closeSession: ({ caller }, reply) => (reply?.closed === false ? undefined : { action: 'session-closed', subject: caller.session?.slice(0, 8) ?? '' }),
  createToken: ({ body }, reply) => ({
    action: 'token-created',
    subject: reply?.view.name ?? body?.name ?? '',
    ...(reply === undefined ? {} : { detail: `${reply.view.role}, ${reply.view.id}` }),
  }),
  revokeToken: ({ params }, reply) => ({
    action: 'token-revoked',
    subject: reply?.revoked[0]?.name ?? params.token,
    ...(reply === undefined ? {} : { detail: reply.revoked.map(({ id }) => id).join(' ') }),
  }),
  setSecret: ({ params }) => ({ action: 'secret-set', subject: params.secret }),
  removeSecret: ({ params }) => ({ action: 'secret-removed', subject: params.secret }),
};

/** The same answers, with a line for each call that changes something, however it ends. */
export function withAudit(answers: Answers, audit: (line: AuditLine) => void): Answers {
  const entries = Object.entries(answers).map(([name, answer]) => [name, auditedAnswer(name as Once, answer as Answer, audit)]);
  return Object.fromEntries(entries) as Answers;
}

type Answer = (call: Call<Once>) => Promise<unknown>;

function auditedAnswer(name: Once, answer: Answer, audit: (line: AuditLine) => void): Answer {
  const describe = audited[name] as ((call: Call<Once>, reply: unknown) => Said | undefined) | undefined;
  if (describe === undefined) return answer;
  return async (call) => {
    const by = { who: call.caller.who, door: call.caller.door, ...roleOf(call.caller) };
    let reply: unknown;
    try {
      reply = await answer(call);
    } catch (error) {
      const { detail, ...said } = describe(call, undefined) ?? { action: name, subject: '' };
      const why = error instanceof SupervmError ? error.code : 'internal';
      const isRefusal = why === 'not-allowed' || why === 'not-authenticated';
      audit({ ...by, ...said, outcome: isRefusal ? 'refused' : 'failed', detail: detail === undefined ? why : `${why}: ${detail}` });
      throw error;
    }
    const said = describe(call, reply);
    if (said !== undefined) audit({ ...by, ...said, outcome: 'done' });
    return reply;
  };
}

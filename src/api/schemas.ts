/** What the server accepts, route by route. Loaded by the server alone: zod would double the start of a command. */
import * as z from 'zod';
import { isolationLevels } from '../model/isolation.ts';
import type { JsonObject } from '../model/job.ts';
import type { JobPhase } from '../model/job-state.ts';
import type { RouteName, RouteTypes, WhichDaemon } from './requests.ts';
import { roles } from './roles.ts';

type RouteSchemas = {
  readonly [name in RouteName]: {
    readonly params: z.ZodType<RouteTypes[name]['params']>;
    readonly query: z.ZodType<RouteTypes[name]['query']>;
    readonly body: z.ZodType<RouteTypes[name]['body']>;
  };
};

const nothing = z.strictObject({}) as unknown as z.ZodType<{ readonly [key: string]: never }>;
/** Clients that always send JSON may send `{}` or null where there is nothing to say. */
const noBody = z
  .union([z.undefined(), z.null(), z.strictObject({})])
  .optional()
  .transform(() => undefined) as unknown as z.ZodType<undefined>;
const job = z.strictObject({ job: z.string().regex(/^[0-9a-fA-F]{1,64}$/, 'a job id has hexadecimal digits only') });
const node = z.strictObject({ node: z.string().min(1).max(255) });
const hexId = z.string().regex(/^[0-9a-f]{16}$/);
const ofInvite = { params: z.strictObject({ invite: hexId }), query: nothing, body: noBody };
const text = z.string().max(4096);
const filledText = text.min(1);
const absolutePath = filledText.startsWith('/', 'must be an absolute path').refine((path) => !path.includes('\0'), 'must not contain a zero byte');
const path = filledText.refine((value) => !value.includes('\0'), 'must not contain a zero byte');
const existing = z.enum(['refuse', 'overwrite', 'skip']);
const phase = z.enum(['active', 'paused', 'succeeded', 'partly-failed', 'failed', 'cancelled', 'removed'] as const satisfies readonly JobPhase[]);
const settings = z.record(z.string().max(255), z.json()) as unknown as z.ZodType<JsonObject>;
const whichDaemon = z.union([noBody, z.strictObject({ pid: z.int().positive().optional() })]) as unknown as z.ZodType<WhichDaemon | undefined>;

const secret = z.strictObject({ secret: filledText.max(256) });
/** Ten years: what never ends is forgotten by its owner and not by whoever finds it. */
const mostTokenSeconds = 10 * 365 * 86_400;

const plain = { params: nothing, query: nothing, body: noBody };
const ofJob = { params: job, query: nothing, body: noBody };
const ofNode = { params: node, query: nothing, body: noBody };

export const schemas: RouteSchemas = {
  health: plain,
  status: plain,
  nodes: plain,
  peers: plain,
  pauseNode: ofNode,
  removeNode: ofNode,
  unpauseNode: ofNode,
  forgetNode: { ...ofNode, body: z.union([noBody, z.strictObject({ acceptLoss: z.boolean().optional() })]) },
  jobs: { params: nothing, query: z.strictObject({ phase: phase.optional() }), body: noBody },
  submit: {
    params: nothing,
    query: nothing,
    body: z.strictObject({
      type: filledText,
      settings,
      folder: absolutePath,
      outputFolder: path.optional(),
      existing: existing.optional(),
      owner: filledText.max(255).optional(),
      key: filledText.max(255).optional(),
      copies: z.int().min(1).max(64).optional(),
      copiesSeconds: z.number().positive().max(86_400).optional(),
      alone: z.boolean().optional(),
      isolation: z.enum(isolationLevels).optional(),
      cores: z.int().min(1).max(4096).optional(),
      exclusive: z.boolean().optional(),
    }),
  },
  job: ofJob,
  jobEvents: ofJob,
  cancel: ofJob,
  remove: { params: job, query: nothing, body: z.strictObject({ force: z.boolean().optional() }) },
  retry: ofJob,
  pause: ofJob,
  resume: ofJob,
  why: ofJob,
  results: ofJob,
  logs: { params: job, query: z.strictObject({ task: text.optional() }), body: noBody },
  deliver: { params: job, query: nothing, body: z.strictObject({ folder: absolutePath, existing: existing.optional() }) },
  invite: {
    params: nothing,
    query: nothing,
    body: z.union([
      noBody,
      z.strictObject({
        role: z.enum(['member', 'worker']).optional(),
        seconds: z
          .int()
          .min(10)
          .max(7 * 86_400)
          .optional(),
        uses: z.int().min(1).max(1000).optional(),
        approve: z.boolean().optional(),
      }),
    ]),
  },
  rotateSecret: {
    params: nothing,
    query: nothing,
    body: z.union([
      noBody,
      z.strictObject({
        seconds: z
          .int()
          .min(60)
          .max(365 * 86_400)
          .optional(),
      }),
    ]),
  },
  recover: { params: nothing, query: nothing, body: z.strictObject({ code: z.string().min(1).max(200) }) },
  invitation: ofInvite,
  answerInvite: { ...ofInvite, body: z.strictObject({ newcomer: hexId, admit: z.boolean() }) },
  tokens: plain,
  createToken: {
    params: nothing,
    query: nothing,
    body: z.union([
      noBody,
      z.strictObject({ role: z.enum(roles).optional(), name: text.optional(), seconds: z.int().min(1).max(mostTokenSeconds).optional() }),
    ]),
  },
  revokeToken: { params: z.strictObject({ token: filledText.max(256) }), query: nothing, body: noBody },
  secrets: plain,
  setSecret: {
    params: secret,
    query: nothing,
    body: z.strictObject({
      value: z
        .string()
        .min(1)
        .max(64 * 1024),
    }),
  },
  removeSecret: { params: secret, query: nothing, body: noBody },
  audit: {
    params: nothing,
    query: z.strictObject({
      since: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
      who: text.max(160).optional(),
      limit: z
        .string()
        .regex(/^[1-9]\d{0,5}$/)
        .optional(),
    }),
    body: noBody,
  },
  events: plain,
  drain: { params: nothing, query: nothing, body: whichDaemon },
  undrain: { params: nothing, query: nothing, body: whichDaemon },
  shutdown: {
    params: nothing,
    query: nothing,
    body: z.union([noBody, z.strictObject({ tasks: z.enum(['end', 'leave']).optional() })]) as unknown as z.ZodType<{ tasks?: 'end' | 'leave' } | undefined>,
  },
  loginCode: {
    params: nothing,
    query: nothing,
    body: z.union([noBody, z.strictObject({ role: z.enum(roles).optional() })]),
  },
  openSession: { params: nothing, query: nothing, body: z.strictObject({ code: filledText.max(128) }) },
  session: plain,
  closeSession: plain,
  superVmStatus: plain,
  superVmResources: plain,
  superVmMetrics: plain,
  superVmRender: {
    params: nothing,
    query: z.strictObject({ wait: z.string().max(8).optional() }),
    body: z.strictObject({
      sceneFile: absolutePath,
      frameStart: z.int().optional(),
      frameEnd: z.int().optional(),
      options: z.record(z.string().max(255), z.union([z.string().max(4096), z.number(), z.boolean()])).optional(),
      outputFolder: absolutePath.optional(),
    }),
  },
};

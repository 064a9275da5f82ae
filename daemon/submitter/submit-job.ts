/** From a caller's words to a durable job: checks everything that can be checked before anything runs. */
import { basename, resolve } from 'node:path';
import type { JobRecord, JsonObject, Step } from '../../src/model/job.ts';
import { taskCount } from '../../src/model/parameter-space.ts';
import { findByKey } from '../../src/model/phase.ts';
import { checkSettings } from '../../src/plugin/check-settings.ts';
import type { InputsFound, Plan } from '../../src/plugin/job-type.ts';
import type { UnpackedInputs, UnpackInputs } from './archive/unpack-inputs.ts';
import { demanded } from './demanded.ts';
import { assertAllowed, findInputs } from './find-inputs.ts';
import type { JobType, LoadJobType } from './job-types.ts';
import type { Clock, Journal, Membership, Pins, Randomness, RecordSubmitter } from './needs.ts';
import { discardFolder, existingFiles, prepareFolder, refuseExisting } from './output-folder.ts';
import { aloneWarnings, placementWarnings } from './placement-warnings.ts';
import { skipExisting } from './skip-existing.ts';
import { type StoreInputsNeeds, sizeOfAll, storeInputs } from './store-inputs.ts';
import type { OnProgress, PathFence, Receipt, Submission } from './submission.ts';

export interface SubmitterOptions {
  /** Owner of jobs whose caller does not say who they are. */
  readonly owner: string;
}

export interface SubmitterNeeds extends StoreInputsNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly membership: Pick<Membership, 'self' | 'reachable'>;
  readonly journal: Pick<Journal, 'jobs'>;
  readonly records: RecordSubmitter;
  readonly loadJobType: LoadJobType;
  readonly unpackInputs: UnpackInputs;
  /** Resolves soon, at once if this node knows already which programs it has. */
  programsKnown(): Promise<void>;
  /** Throws `secret-not-found` for a name that no secret of the cluster has. */
  assertSecrets(names: readonly string[]): void;
  /** Rejects `disk-full` when so many bytes more would leave too little room for records. */
  assertRoom(bytes: number): Promise<void>;
}

export class JobSubmitter {
  readonly #options: SubmitterOptions;
  readonly #needs: SubmitterNeeds;

  constructor(options: SubmitterOptions, needs: SubmitterNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** Rejects with the codes of the error table for whatever is wrong; nothing is left behind then. An abort counts until the record is stored. */
  async submit(submission: Submission, onProgress: OnProgress, signal: AbortSignal, fence?: PathFence): Promise<Receipt> {
    const jobType = await this.#needs.loadJobType(submission.type);
    const named: string[] = [];
    const settings = checkSettings(jobType.manifest, submission.settings, (path) => {
      const absolute = resolve(submission.folder, path);
      named.push(absolute);
      return absolute;
    });
    await assertAllowed(fence, named);
    onProgress({ stage: 'reading', done: 0, total: 0, message: '' });
    await using unpacked = await this.#needs.unpackInputs(jobType.manifest, settings, signal);
    try {
      return await this.#submit({ submission, jobType, settings, unpacked, fence }, onProgress, signal);
    } catch (error) {
      throw unpacked.toldError(error);
    }
  }

  async #submit({ submission, jobType, settings, unpacked, fence }: Read, onProgress: OnProgress, signal: AbortSignal): Promise<Receipt> {
    const found = unpacked.told(await findInputs(jobType, unpacked, fence));
    const plan = demanded(jobType.plan(unpacked.settings, found.summary), submission, jobType.manifest);
    this.#needs.assertSecrets(plan.steps.flatMap(({ secrets = [] }) => secrets));
    const outputFolder = resolve(submission.folder, submission.outputFolder ?? defaultFolder(jobType, plan));
    await assertAllowed(fence, [outputFolder]);
    signal.throwIfAborted();
    const { created } = await prepareFolder(outputFolder);
    const pins = this.#needs.recentUse?.pins();
    try {
      return await this.#store({ submission, jobType, settings, found, plan, outputFolder }, onProgress, signal, pins);
    } catch (error) {
      if (created !== undefined) await discardFolder(outputFolder, created);
      throw error;
    } finally {
      pins?.end();
    }
  }

  async #store(planned: Planned, onProgress: OnProgress, signal: AbortSignal, pins: Pins | undefined): Promise<Receipt> {
    const { submission, found, plan, outputFolder } = planned;
    const { journal, records, membership } = this.#needs;
    const owner = submission.owner ?? this.#options.owner;
    const repeated = submission.key === undefined ? undefined : findByKey(journal.jobs().values(), owner, submission.key)[0]?.record;
    const { steps, skipped } = repeated === undefined ? await this.#stepsLeft(planned) : { steps: repeated.steps, skipped: 0 };
    const nodes = () => membership.reachable().map((member) => member.facts);
    // A daemon that has just started is still looking for its programs: it must not say that it has none.
    if (placementWarnings(steps, nodes()).length > 0) await this.#needs.programsKnown();
    const warnings = [...found.findings, ...placementWarnings(steps, nodes()), ...aloneWarnings(submission, steps)].map(({ code, message, hint }) => ({
      code,
      message,
      hint,
    }));
    const told = plan.notes === undefined ? {} : { notes: plan.notes };
    const about = { name: plan.name, tasks: steps.reduce((sum, step) => sum + taskCount(step), 0), skipped, outputFolder, warnings, ...told };
    if (steps.length === 0) return { ...about, id: undefined, inputs: { files: 0, bytes: 0 }, copies: [], wanted: 0 };
    await this.#needs.assertRoom(await sizeOfAll(found.files));
    const { inputs, blobs } = await storeInputs(this.#needs, found.files, onProgress, signal, pins);
    const onCopied = (done: number, total: number): void => onProgress({ stage: 'copying', done, total, message: '' });
    const { copies, copiesSeconds } = submission;
    const asked = {
      ...(copies === undefined ? {} : { copies }),
      ...(copiesSeconds === undefined ? {} : { copiesMs: copiesSeconds * 1000 }),
    };
    const stored = await records.submit({ record: this.#record(planned, steps, inputs, owner, repeated), inputs: blobs, ...asked, onCopied, signal });
    return { ...about, id: stored.id, inputs: { files: inputs.files, bytes: inputs.bytes }, copies: stored.copies, wanted: stored.wanted };
  }

  async #stepsLeft({ submission, plan, outputFolder }: Planned): Promise<{ readonly steps: readonly Step[]; readonly skipped: number }> {
    if (submission.existing === 'overwrite') return { steps: plan.steps, skipped: 0 };
    const existing = await existingFiles(outputFolder, plan.outputs);
    if (existing.length > 0 && submission.existing !== 'skip') throw refuseExisting(outputFolder, existing, plan.outputs.length);
    return skipExisting(plan, existing);
  }

  #record(planned: Planned, steps: readonly Step[], inputs: JobRecord['inputs'], owner: string, repeated: JobRecord | undefined): JobRecord {
    const { submission, jobType, settings, plan, outputFolder } = planned;
    const { clock, randomness, membership } = this.#needs;
    return {
      owner,
      key: submission.key ?? randomness.hex(16),
      name: plan.name,
      type: jobType.manifest.name,
      plugin: { name: jobType.manifest.name, version: jobType.manifest.version, digest: jobType.digest },
      settings,
      inputs,
      steps,
      submitter: repeated?.submitter ?? membership.self,
      // The same job under the same key must have the same id.
      submittedAt: repeated?.submittedAt ?? clock.wall(),
      outputFolder,
      ...(submission.alone === true ? { alone: true as const } : {}),
    };
  }
}

interface Read {
  readonly submission: Submission;
  readonly jobType: JobType;
  /** As they were given. */
  readonly settings: JsonObject;
  readonly unpacked: UnpackedInputs;
  readonly fence: PathFence | undefined;
}

interface Planned {
  readonly submission: Submission;
  readonly jobType: JobType;
  readonly settings: JsonObject;
  readonly found: InputsFound;
  readonly plan: Plan;
  readonly outputFolder: string;
}

/** `<name>-frames` for what makes frames: says what is inside and stands beside the scene's name in a listing. */
function defaultFolder(jobType: JobType, plan: Plan): string {
  const makesFrames = jobType.manifest.settings.some((setting) => setting.type === 'frames');
  return `${basename(plan.name)}-${makesFrames ? 'frames' : 'output'}`;
}

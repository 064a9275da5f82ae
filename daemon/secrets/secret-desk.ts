/** Sets, lists and removes secrets, which are facts of the cluster, and opens them for the tasks that run here. */
import { isSecretName, type SecretSet } from '../../src/model/cluster-facts.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { Clock, Randomness } from '../clock.ts';
import type { SecretRecords } from './needs.ts';
import { reseal, seal, sealingKey, unseal } from './seal.ts';

/** Bytes of UTF-8: room for keys and certificates. */
const mostBytes = 32 * 1024;
/** As of a token. */
const copiesWaitMs = 2_000;

export interface SecretDeskNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  journal(): SecretRecords;
  /** What only machines of the cluster know, the current one first; earlier ones open what was sealed before they were replaced. */
  shared(): readonly [Uint8Array, ...Uint8Array[]];
}

export class SecretDesk {
  readonly #self: NodeId;
  readonly #needs: SecretDeskNeeds;

  constructor(options: { readonly self: NodeId }, needs: SecretDeskNeeds) {
    this.#self = options.self;
    this.#needs = needs;
  }

  /** Throws `bad-setting` for a name or a value that cannot be used. */
  async set(name: string, value: string, by: string): Promise<readonly HostId[]> {
    if (!isSecretName(name))
      throw new SupervmError(
        'bad-setting',
        `${JSON.stringify(name)} is no name of a secret.`,
        'It has up to 64 letters, digits, _ - and . and begins with a letter or _, e.g. API_KEY.',
      );
    const bytes = Buffer.byteLength(value);
    if (bytes === 0 || bytes > mostBytes || !value.isWellFormed())
      throw new SupervmError(
        'bad-setting',
        `The value of a secret is text of 1 to ${mostBytes} bytes; this one has ${bytes}.`,
        'Put what is longer into an input file, encrypted by a key that is a secret.',
      );
    const { clock, randomness, journal, shared } = this.#needs;
    const sealed = seal(sealingKey(shared()[0]), { name, value }, randomness);
    const { copies } = await journal().appendCluster({ type: 'secret-set', at: clock.wall(), ...this.#next(name), sealed, by }, copiesWaitMs);
    return copies;
  }

  /** By name. */
  list(): readonly SecretSet[] {
    const { secrets } = this.#needs.journal().cluster();
    return [...secrets.values()].filter((secret) => secret.type === 'secret-set').sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws `secret-not-found`. */
  async remove(name: string): Promise<readonly HostId[]> {
    this.#find(name);
    const { clock, journal } = this.#needs;
    const { copies } = await journal().appendCluster({ type: 'secret-removed', at: clock.wall(), ...this.#next(name) }, copiesWaitMs);
    return copies;
  }

  /** What an earlier key of the cluster alone opens, and this machine can open. */
  stale(): readonly SecretSet[] {
    const keys = this.#needs.shared().map(sealingKey);
    if (keys.length < 2) return [];
    return this.list().flatMap((secret) => {
      const sealed = reseal(keys, secret);
      return sealed === undefined ? [] : [{ ...secret, sealed }];
    });
  }

  /** Seals that anew under the current one; everything else about it stays. Names, when they are on this disk. */
  async reseal(): Promise<readonly string[]> {
    const { journal } = this.#needs;
    const renewed = this.stale();
    for (const secret of renewed) await journal().appendCluster(secret, 0);
    return renewed.map(({ name }) => name);
  }

  /** Throws `secret-not-found` for the first that is not there. */
  assertKnown(names: readonly string[]): void {
    for (const name of names) this.#find(name);
  }

  /** Values by name. Throws `secret-not-found` for one that is not there, or that this machine cannot open. */
  open(names: readonly string[]): ReadonlyMap<string, string> {
    const keys = this.#needs.shared().map(sealingKey);
    return new Map(
      names.map((name) => {
        const value = unseal(keys, this.#find(name));
        if (value === undefined)
          throw new SupervmError(
            'secret-not-found',
            `This machine cannot open the secret ${name}.`,
            `It was sealed before the cluster's key was replaced. Set it again: supervm secret set ${name}`,
          );
        return [name, value];
      }),
    );
  }

  #find(name: string): SecretSet {
    const secret = this.#needs.journal().cluster().secrets.get(name);
    if (secret?.type !== 'secret-set')
      throw new SupervmError('secret-not-found', `There is no secret called ${name}.`, `See: supervm secret ls. To set it: supervm secret set ${name}`);
    return secret;
  }

  #next(name: string): { readonly name: string; readonly clock: number; readonly node: NodeId } {
    return { name, clock: this.#needs.journal().nextClock(), node: this.#self };
  }
}

/** token create, token ls, token revoke */
import type { RevokeReceipt, TokenView } from '../../api/cluster-views.ts';
import { roles } from '../../api/roles.ts';
import type { PersonRole } from '../../model/cluster-facts.ts';
import { SupervmError } from '../../model/errors.ts';
import type { Context, Exit } from '../context.ts';
import { readDuration } from '../duration.ts';
import { spreadText } from '../output/spread-text.ts';
import { oneLine, type Style } from '../output/style.ts';
import { table } from '../output/table.ts';
import { momentText, shortId } from '../output/units.ts';

export interface TokenFlags {
  readonly role?: string;
  readonly name?: string;
  readonly expires?: string;
}

/** The text is the only thing on standard output, so that it can go straight into a file or a password store. */
export async function createToken({ client, output }: Context, flags: TokenFlags): Promise<Exit> {
  const role = flags.role as PersonRole | undefined;
  if (role !== undefined && !roles.includes(role)) throw new SupervmError('usage', `--role: ${JSON.stringify(role)} is none of ${roles.join(', ')}.`);
  const seconds = flags.expires === undefined ? undefined : readDuration(flags.expires, '--expires');
  const receipt = await client().call('createToken', { body: { role, name: flags.name, seconds } });
  const { token, view } = receipt;
  output.note(`The token ${oneLine(view.name)} has the role ${view.role} until ${momentText(view.expiresAt)}. It is shown this once: keep it like a password.`);
  output.show({ human: () => token, json: receipt, quiet: token });
  return 0;
}

export async function listTokens({ client, output }: Context): Promise<Exit> {
  const views = await client().call('tokens');
  output.show({ human: (style) => tokensText(views, style), json: views, quiet: views.map(({ id }) => id).join('\n') });
  return 0;
}

export async function revokeToken({ client, output }: Context, text: string): Promise<Exit> {
  const receipt = await client().call('revokeToken', { params: { token: text } });
  output.show({ human: () => revokedText(receipt), json: receipt, quiet: receipt.revoked.map(({ id }) => id).join('\n') });
  return 0;
}

function tokensText(views: readonly TokenView[], style: Style): string {
  if (views.length === 0) return 'No tokens yet. To make one: supervm token create --name NAME';
  const rows = views.map((view) => [
    shortId(view.id),
    oneLine(view.name),
    view.role,
    view.state === 'good' ? 'good' : style.dim(view.state),
    momentText(view.expiresAt),
    `…${oneLine(view.ending)}`,
    oneLine(view.by),
  ]);
  return table([['ID', 'NAME', 'ROLE', 'STATE', 'EXPIRES', 'ENDS IN', 'MADE BY'], ...rows]);
}

function revokedText(receipt: RevokeReceipt): string {
  const names = receipt.revoked.map(({ name, id }) => `${oneLine(name)} (${shortId(id)})`).join(', ');
  return `The token ${names} counts no longer. ${spreadText(receipt)}`;
}

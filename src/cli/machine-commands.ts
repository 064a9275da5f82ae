/** invite, join, recover, cluster: which machines belong to the cluster. */
import type { Command } from 'commander';
import type { InviteFlags } from './commands/invite.ts';
import type { JoinOptions } from './commands/join.ts';
import type { PassphraseFlags } from './commands/passphrase.ts';
import type { Run } from './context.ts';
import { addDaemonFlags, type DaemonFlags, encryptSummary } from './daemon-flags.ts';

export function addMachineCommands(root: Command, run: Run): void {
  root
    .command('invite')
    .summary('let another machine in')
    .description(
      'Prints a line that lets a machine join within 15 minutes. At a terminal it then waits, and a new machine of the same network needs no line: type "supervm up" there, compare the words, and agree here.',
    )
    .option('--role <ROLE>', 'member, or worker: it runs tasks, and neither coordinates nor votes nor submits nor lets others in (default: member)')
    .option('--expires <TIME>', 'for how long it is open, e.g. 1h (default: 15m)')
    .option('--uses <NUMBER>', 'machines that it lets in (default: 1)')
    .option('--approve', 'ask here before each of them, showing words to compare')
    .action((flags: InviteFlags) => run(async (context) => (await import('./commands/invite.ts')).invite(context, flags)));
  addDaemonFlags(
    root
      .command('join')
      .summary('join the cluster of an invitation')
      .description(
        'Joins a cluster. Reads the invitation from a prompt, from standard input or from a file, never from the command line, which others could read.',
      )
      .option('--file <FILE>', 'file with the invitation; - is standard input')
      .option('--no-start', 'do not start the daemon')
      .option('--encrypt', encryptSummary),
  ).action((flags: DaemonFlags & JoinOptions) => run(async (context) => (await import('./commands/join.ts')).join(context, flags)));
  root
    .command('recover')
    .summary('get an admin key back by the recovery code')
    .description(
      'Makes this machine one that may let others in and remove them, by the code that was printed when the cluster was founded. Reads it from a prompt, from standard input or from a file.',
    )
    .option('--file <FILE>', 'file with the code; - is standard input')
    .action((flags: { readonly file?: string }) => run(async (context) => (await import('./commands/recover.ts')).recover(context, flags)));
  root
    .command('passphrase')
    .summary("change or remove the passphrase of this machine's keys")
    .description(
      'Gives the encrypted keys of this machine another passphrase, while its daemon runs too, or none. They are encrypted by: supervm up --encrypt. Both are asked for, unless files hold them; - is standard input.',
    )
    .option('--passphrase-file <FILE>', 'file with the one until now')
    .option('--new-file <FILE>', 'file with the new one')
    .option('--remove', 'no passphrase any more: the keys are in plain again; the daemon must not run')
    .action((flags: PassphraseFlags) => run(async (context) => (await import('./commands/passphrase.ts')).passphrase(context, flags)));
  root
    .command('cluster')
    .summary('replace the secret of the cluster')
    .description('Changes the cluster as a whole.')
    .command('rotate-secret')
    .summary('replace the secret that all machines share')
    .description(
      'Replaces the secret that all machines share. Those that are here take the new one at once; the old one lets others in, by their certificates, until its time is over.',
    )
    .option('--grace <TIME>', 'for how long machines that are off can come back by the old one, e.g. 1h or 90d (default: 30d)')
    .action((flags: { readonly grace?: string }) => run(async (context) => (await import('./commands/rotate-secret.ts')).rotateSecret(context, flags)));
}

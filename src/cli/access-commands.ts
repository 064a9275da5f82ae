/** token, secret, audit: who may use the cluster, what tasks are trusted with, and who did what. */
import type { Command } from 'commander';
import type { AuditFlags } from './commands/audit.ts';
import type { TokenFlags } from './commands/token.ts';
import type { Run } from './context.ts';

export function addAccessCommands(root: Command, run: Run): void {
  const token = root
    .command('token')
    .summary('make, list and revoke tokens for the HTTP API')
    .description('Tokens let programs and people use the cluster over HTTP.');
  token
    .command('create')
    .summary('make a token')
    .description('Makes a token and prints it, this once. It counts on every node of the cluster.')
    .option(
      '--role <ROLE>',
      'what it may: viewer looks, user submits and changes jobs of files below the folders of --http-folder, admin does everything (default: user)',
    )
    .option('--name <NAME>', 'what it is called in lists and in the audit')
    .option('--expires <TIME>', 'for how long it counts, e.g. 12h or 30d (default: 90d)')
    .action((flags: TokenFlags) => run(async (context) => (await import('./commands/token.ts')).createToken(context, flags)));
  token
    .command('ls')
    .summary('list tokens')
    .description('Lists all tokens by their last characters, revoked and expired ones too.')
    .action(() => run(async (context) => (await import('./commands/token.ts')).listTokens(context)));
  token
    .command('revoke')
    .argument('<TOKEN>', 'name or id of a token, or the beginning of its id')
    .summary('make a token count no longer')
    .description('Makes a token count no longer, at once on every node that can be reached.')
    .action((text: string) => run(async (context) => (await import('./commands/token.ts')).revokeToken(context, text)));
  const secret = root
    .command('secret')
    .summary('set, list and remove secrets that tasks may ask for')
    .description('Secrets are values, sealed on every disk, that a job type may ask for by name; its tasks find each in a file.');
  secret
    .command('set')
    .argument('<NAME>', 'e.g. API_KEY')
    .summary('set a secret, or replace its value')
    .description('Reads the value from a prompt that does not show it, or from standard input, never from the command line, which others could read.')
    .action((name: string) => run(async (context) => (await import('./commands/secret.ts')).setSecret(context, name)));
  secret
    .command('ls')
    .summary('list the names of secrets')
    .description('Lists the names of all secrets. Nobody is told a value.')
    .action(() => run(async (context) => (await import('./commands/secret.ts')).listSecrets(context)));
  secret
    .command('rm')
    .argument('<NAME>', 'name of a secret')
    .summary('remove a secret')
    .description('Removes a secret from every disk. Tasks that run keep what they were given.')
    .action((name: string) => run(async (context) => (await import('./commands/secret.ts')).removeSecret(context, name)));
  root
    .command('audit')
    .summary('who did what')
    .description('Lists who did what through which door, and who was turned away, the newest last.')
    .option('--since <TIME>', 'a length of time or a date, e.g. 2h, 7d or 2030-01-31')
    .option('--who <WHO>', 'only whose name contains this, e.g. owner or token:ci')
    .action((flags: AuditFlags) => run(async (context) => (await import('./commands/audit.ts')).audit(context, flags)));
}

/** A manifest becomes a command. */
import { type Command, Option } from 'commander';
import { isolationLevels } from '../model/isolation.ts';
import { flagOf } from '../plugin/check-settings.ts';
import type { Manifest, Setting } from '../plugin/manifest.ts';
import type { SubmitOptions } from './commands/submit.ts';
import type { Run } from './context.ts';

export function addJobTypeCommand(root: Command, manifest: Manifest, run: Run): void {
  const command = root
    .command(manifest.name)
    .summary(manifest.summary.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()))
    .description(manifest.description);
  for (const { key, summary, required } of manifest.arguments) command.argument(required ? `<${placeholder(key)}>` : `[${placeholder(key)}]`, summary);
  for (const setting of manifest.settings) command.addOption(optionOf(setting));
  command
    .option('-o, --output <FOLDER>', 'where the results go (default: NAME-frames or NAME-output here)')
    .option('--overwrite', 'replace files that exist')
    .option('--skip-existing', 'make only files that do not exist')
    .option('--wait', 'wait until the job has ended (default)')
    .option('--detach', 'return as soon as the job is stored')
    .option('--timeout <SECONDS>', 'stop waiting after that long, with exit code 6; the job goes on')
    .option('--copies <N>', 'wait until N machines have the job and its input files')
    .option('--copies-timeout <SECONDS>', 'how long --copies waits for them (default: 30); the job is taken with fewer too')
    .option('--alone', 'run what must not happen twice without a majority of the voters too')
    .option('--isolation <LEVEL>', `only on nodes that keep tasks apart so well: ${isolationLevels.toReversed().join(', ')}; see: supervm nodes`)
    .option('--cores <N>', 'cores for each task, instead of what the job type asks for; a node runs as many tasks as fit')
    .option('--exclusive', 'the cores of a task are its alone: no other task runs on them meanwhile')
    .option('--key <KEY>', 'submit the same job under the same key only once')
    .addHelpText('after', examplesText(manifest))
    .action((...words: unknown[]) => {
      const options = words[manifest.arguments.length] as SubmitOptions;
      return run(async (context) =>
        (await import('./commands/submit.ts')).submit(context, manifest, words.slice(0, manifest.arguments.length) as (string | undefined)[], options),
      );
    });
}

function optionOf(setting: Setting): Option {
  const value = setting.type === 'boolean' ? '' : ` <${setting.placeholder ?? placeholder(setting.key)}>`;
  const parts = [setting.summary];
  if (setting.choices !== undefined) parts.push(`one of ${setting.choices.join(', ')}`);
  if (setting.unit !== undefined) parts.push(`in ${setting.unit}`);
  if (setting.default !== undefined) parts.push(`default: ${setting.default}`);
  const { joinedBy } = setting;
  if (joinedBy !== undefined) parts.push('may be given several times');
  const option = new Option(`${flagOf(setting.key)}${value}`, parts.join('; '));
  return joinedBy === undefined ? option : option.argParser<string | undefined>((text, before) => (before === undefined ? text : before + joinedBy + text));
}

function placeholder(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter}`).toUpperCase();
}

function examplesText(manifest: Manifest): string {
  if (manifest.examples.length === 0) return '';
  return `\nExamples:${manifest.examples.map(({ command, summary }) => `\n  ${command}\n      ${summary}`).join('')}\n`;
}

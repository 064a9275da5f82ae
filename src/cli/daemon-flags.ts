/** The daemon's settings as flags of `up`, `daemon` and `join`. */
import type { Command } from 'commander';
import { type DaemonSettings, type GivenSettings, kebab, resolveSettings, type SettingKey, settingDefinitions } from '../settings/daemon-settings.ts';
import { readUserFile } from '../settings/user-file.ts';
import type { Context } from './context.ts';

export type DaemonFlags = { readonly [key in SettingKey]?: string | boolean | readonly string[] };

export const encryptSummary = 'first encrypt the keys of this machine under a passphrase, which every start then needs';

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];

export function addDaemonFlags(command: Command): Command {
  for (const { key, type, placeholder, summary } of settingDefinitions) {
    const flag = `--${kebab(key)}`;
    if (type === 'boolean') command.option(`--no-${kebab(key)}`, `do not ${summary}`).option(flag, summary);
    else if (type === 'addresses' || type === 'words' || type === 'folders') command.option(`${flag} <${placeholder}>`, summary, collect);
    else command.option(`${flag} <${placeholder}>`, summary);
  }
  return command;
}

export function daemonSettings(context: Pick<Context, 'environment' | 'paths'>, flags: DaemonFlags): DaemonSettings {
  return resolveSettings(givenFlags(flags), context.environment.variables, readUserFile(context.paths.config), context.paths.config);
}

function givenFlags(flags: DaemonFlags): GivenSettings {
  const keys = settingDefinitions.map((definition) => definition.key);
  return Object.fromEntries(keys.flatMap((key) => (flags[key] === undefined ? [] : [[key, flags[key]]])));
}

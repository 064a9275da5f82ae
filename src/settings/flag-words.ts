import type { DaemonSettings } from './daemon-settings.ts';

/** The flags for another process of ours, to the same effect. */
export function flagWords(settings: DaemonSettings): readonly string[] {
  return [
    ...['--name', settings.name, '--log-level', settings.logLevel, settings.discovery ? '--discovery' : '--no-discovery'],
    ...settings.listen.flatMap((address) => ['--listen', address]),
    ...settings.peers.flatMap((address) => ['--peer', address]),
    ...settings.without.flatMap((program) => ['--without', program]),
    ...(settings.clusterKeyFile === undefined ? [] : ['--cluster-key', settings.clusterKeyFile]),
    ...(settings.acceptLoss ? ['--accept-loss'] : []),
    ...(settings.hostId === undefined ? [] : ['--host-id', settings.hostId]),
  ];
}

/** For starting it again: what was accepted once, for what was damaged then, is not accepted for ever. */
export function restartWords(settings: DaemonSettings): readonly string[] {
  return flagWords({ ...settings, acceptLoss: false });
}

import type { DaemonSettings, HttpSettings } from './daemon-settings.ts';

/** The flags for another process of ours, to the same effect. */
export function flagWords(settings: DaemonSettings): readonly string[] {
  return [
    ...['--name', settings.name, '--log-level', settings.logLevel, settings.discovery ? '--discovery' : '--no-discovery'],
    ...settings.listen.flatMap((address) => ['--listen', address]),
    ...settings.peers.flatMap((address) => ['--peer', address]),
    ...settings.without.flatMap((program) => ['--without', program]),
    ...(settings.clusterKeyFile === undefined ? [] : ['--cluster-key', settings.clusterKeyFile]),
    ...(settings.acceptLoss ? ['--accept-loss'] : []),
    ...httpWords(settings.http),
    ...(settings.hostId === undefined ? [] : ['--host-id', settings.hostId]),
  ];
}

function httpWords(http: HttpSettings | undefined): readonly string[] {
  if (http === undefined) return ['--no-http'];
  return [
    '--http',
    ...(http.port === undefined ? [] : ['--http-port', String(http.port)]),
    ...(http.bind === undefined ? [] : ['--http-bind', http.bind]),
    ...http.names.flatMap((name) => ['--http-name', name]),
    ...http.folders.flatMap((folder) => ['--http-folder', folder]),
    ...(http.tlsCert === undefined ? [] : ['--tls-cert', http.tlsCert]),
    ...(http.tlsKey === undefined ? [] : ['--tls-key', http.tlsKey]),
  ];
}

/** For starting it again: what was accepted once, for what was damaged then, is not accepted for ever. */
export function restartWords(settings: DaemonSettings): readonly string[] {
  return flagWords({ ...settings, acceptLoss: false });
}

/** A unix socket's address has little room. Pure. */
import { check, type Finding } from '../finding.ts';

export interface SocketReading {
  readonly path: string;
  readonly home: string;
  /** Bytes. */
  readonly longest: number;
}

export function checkSocketPath({ path, home, longest }: SocketReading): readonly Finding[] {
  const { ok, warning, failing } = check('folders', 'socket');
  const length = Buffer.byteLength(path);
  const advice = 'Give supervm a shorter home folder, in all places that start it:';
  const commands = ['export SUPERVM_HOME=$HOME/.supervm'];
  if (length > longest)
    return [failing(`the path of the socket has ${length} bytes, ${longest} are possible`, { cause: `${path} cannot be opened.`, advice, commands })];
  if (path.startsWith(`${home}/`)) return [ok(`${path}`)];
  return [
    warning(`the socket is ${path}, because the home folder's path is long`, {
      cause: 'What cleans /tmp could remove it; then commands do not find the daemon until it is restarted.',
      advice,
      commands,
    }),
  ];
}

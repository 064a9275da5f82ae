/** Do the command line, the daemon here and the nodes of the cluster run one version? Pure. */
import { check, type Finding } from '../finding.ts';

export interface VersionsReading {
  readonly ours: string;
  /** Of the daemon that runs here; undefined without one. */
  readonly daemon: string | undefined;
  /** Of the other nodes that are here. */
  readonly nodes: readonly { readonly name: string; readonly version: string }[];
}

export function checkVersions({ ours, daemon, nodes }: VersionsReading): readonly Finding[] {
  const { ok, warning } = check('runtime', 'versions');
  const others = nodes.filter(({ version }) => version !== ours);
  if (daemon !== undefined && daemon !== ours) {
    return [
      warning(`the command line is ${ours}, the daemon that runs here is ${daemon}`, {
        cause: 'supervm was upgraded while the daemon ran, or there are two installations.',
        advice: 'Restart the daemon; its tasks run on meanwhile:',
        commands: ['supervm restart'],
      }),
    ];
  }
  if (others.length > 0) {
    const list = others.map(({ name, version }) => `${name} ${version}`).join(', ');
    return [
      warning(`other versions than ${ours} in the cluster: ${list}`, {
        cause: 'Nodes pass over what only a newer version says, so what is new works only once all have it.',
        advice: 'Upgrade them one by one, then on each of them:',
        commands: ['supervm restart'],
      }),
    ];
  }
  const where = daemon === undefined ? '' : nodes.length === 0 ? ', the daemon too' : ', the daemon and all other nodes too';
  return [ok(`supervm ${ours}${where}`)];
}

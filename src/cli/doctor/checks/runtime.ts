/** What runs us, and whether this system is one that we know. Pure. */
import { check, type Finding } from '../finding.ts';

export interface RuntimeReading {
  /** `v24.1.0` */
  readonly node: string;
  readonly path: string;
  /** It came with supervm's package. */
  readonly bundled: boolean;
  readonly platform: string;
  readonly architecture: string;
  readonly system: string;
}

const oldest = 24;
/** bin/supervm finds a runtime for these. */
const supported = ['linux x64', 'linux arm64'];

export function checkRuntime(reading: RuntimeReading): readonly Finding[] {
  return [ofNode(reading), ofPlatform(reading)];
}

function ofNode({ node, path, bundled }: RuntimeReading): Finding {
  const { ok, failing } = check('runtime', 'runtime');
  const major = Number(/^v?(\d+)/.exec(node)?.[1] ?? 0);
  const where = bundled ? 'came with supervm' : path;
  if (major >= oldest) return ok(`Node.js ${node.replace(/^v/, '')} (${where})`);
  return failing(`Node.js ${node} is too old (${path})`, {
    cause: `supervm needs Node.js ${oldest} or newer, and brings it along unless it was installed without optional packages.`,
    advice: 'Install supervm again with its optional packages:',
    commands: ['npm install -g supervm --include=optional'],
  });
}

function ofPlatform({ platform, architecture, system }: RuntimeReading): Finding {
  const { ok, warning } = check('runtime', 'platform');
  const name = `${platform} ${architecture}`;
  if (supported.includes(name)) return ok(`${system}, ${architecture}`);
  return warning(`${system}, ${name}: not a system that supervm is tested on`, {
    cause: `It is tested on ${supported.join(' and ')} only; sandbox and limits may be missing here.`,
    advice: 'Use this machine to submit jobs, and others to run them.',
  });
}

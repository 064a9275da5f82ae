import { isAsIsolated } from '../../src/model/isolation.ts';
import type { HostRequirements } from '../../src/model/job.ts';
import type { Plan } from '../../src/plugin/job-type.ts';
import type { Manifest } from '../../src/plugin/manifest.ts';
import type { Submission } from './submission.ts';

/**
 * The plan with what the submission demands of nodes, which can ask for more isolation than the plan does and not for less, and for other cores;
 * and with the network where the manifest declares it, which people can read, nowhere else.
 */
export function demanded(
  plan: Plan,
  { isolation, cores, exclusive }: Pick<Submission, 'isolation' | 'cores' | 'exclusive'>,
  manifest: Pick<Manifest, 'network'>,
): Plan {
  const steps = plan.steps.map((step) => {
    const { network: _network, ...asked } = step.requirements;
    const requirements: HostRequirements = {
      ...asked,
      ...(manifest.network === true ? { network: true } : {}),
      ...(isolation === undefined || isAsIsolated(asked.isolation, isolation) ? {} : { isolation }),
      ...(cores === undefined ? {} : { cores }),
      ...(exclusive === true ? { exclusive } : {}),
    };
    return { ...step, requirements };
  });
  return { ...plan, steps };
}

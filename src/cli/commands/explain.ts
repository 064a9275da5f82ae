import { type ErrorCode, errorKinds, outcomeExits, SupervmError, stoppedExits } from '../../model/errors.ts';
import { nearest } from '../../model/nearest.ts';
import type { Context, Exit } from '../context.ts';
import { table } from '../output/table.ts';

/** One code of the error table, or all of it. */
export async function explain({ output }: Context, code: string | undefined): Promise<Exit> {
  if (code === undefined) {
    const rows = (Object.keys(errorKinds) as ErrorCode[]).map((name) => [
      name,
      String(errorKinds[name].exit),
      String(errorKinds[name].status),
      errorKinds[name].summary,
    ]);
    output.show({
      human: (style) => `${table([['CODE', 'EXIT', 'HTTP', 'MEANING'].map((title) => style.dim(title)), ...rows])}\n\n${exitsText()}`,
      json: { errors: errorKinds, outcomes: outcomeExits, stopped: stoppedExits },
      quiet: Object.keys(errorKinds).join('\n'),
    });
    return 0;
  }
  if (!Object.hasOwn(errorKinds, code)) {
    const close = nearest(code, Object.keys(errorKinds));
    throw new SupervmError('usage', `There is no error code "${code}".`, close === undefined ? 'See all: supervm explain' : `Did you mean ${close}?`);
  }
  const kind = errorKinds[code as ErrorCode];
  output.show({
    human: (style) => `${style.bold(code)}: ${kind.summary}\nexit code ${kind.exit}, HTTP status ${kind.status}`,
    json: { code, ...kind },
    quiet: String(kind.exit),
  });
  return 0;
}

function exitsText(): string {
  const outcomes = Object.entries(outcomeExits).map(([outcome, exit]) => `${outcome} ${exit}`);
  const stopped = Object.entries(stoppedExits).map(([how, exit]) => `${how} ${exit}`);
  return `Waiting for a job ends with: ${outcomes.join(', ')}. Stopped from outside: ${stopped.join(', ')}.`;
}

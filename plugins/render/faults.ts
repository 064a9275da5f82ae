/** Why a frame fails, in the words of the error table. */
import { TaskFault } from '../../src/plugin/job-type.ts';
import type { BlenderEnded, DriverAnswer } from './blender-process.ts';

export function diskFull(folder: string): TaskFault {
  return new TaskFault({ code: 'disk-full', message: `The disk of ${folder} has no room left for the frame.`, retry: true, blameNode: true });
}

/** A program killed from outside (by a person, or for want of memory) says nothing about the frame; one that crashed may. */
export function programDied(end: BlenderEnded): TaskFault {
  const blameNode = end.signal === 'SIGKILL' || end.signal === 'SIGTERM';
  return new TaskFault({ code: 'program-died', message: `${end.message} in the middle of a frame.`, retry: true, blameNode });
}

export function outputInvalid(name: string, reason: string): TaskFault {
  return new TaskFault({ code: 'output-invalid', message: `${name}: ${reason}.`, retry: true, blameNode: false });
}

/** `problems` are sentences; nothing but the user can mend them. */
export function sceneIncomplete(problems: readonly string[]): TaskFault {
  const shown = problems.slice(0, 20).join('; ');
  return new TaskFault({
    code: 'scene-incomplete',
    message: `The frame would be wrong: ${shown}. Render all the same with --allow-missing.`,
    retry: false,
    blameNode: false,
  });
}

const unrenderableSigns = /no camera|denois/i;
const finalCodes = new Set(['scene-unrenderable', 'scene-too-new', 'not-a-scene', 'bad-setting']);

/** A refusal of the driver; what only another scene or setting can mend is not tried again. */
export function refused({ code = 'task-failed', message = '' }: Pick<DriverAnswer, 'code' | 'message'>): TaskFault {
  const told = message === '' ? 'Blender could not render the frame.' : message;
  if (finalCodes.has(code)) return new TaskFault({ code, message: told, retry: false, blameNode: false });
  if (unrenderableSigns.test(told)) return new TaskFault({ code: 'scene-unrenderable', message: told, retry: false, blameNode: false });
  return new TaskFault({ code: 'task-failed', message: told, retry: true, blameNode: false });
}

import { expect, test } from 'vitest';
import { isScript } from '../../../../plugins/render/blend/scripts.ts';

const own = new Set(['var', 'x_1']);

test.each(['var', 'var * 2', 'sin(frame / 24.5) * pi', 'clamp(var - 1e-3, 0, 1)', '1 if var > 0.5 and x_1 != 2 else -.5', '(var, 2)[0]', 'frame % 25', ''])(
  'Blender computes %j without permission',
  (expression) => expect(isScript(expression, own)).toBe(false),
);

test.each([
  'unknown',
  'open("x")',
  "__import__('os').system('id')",
  'bpy.data.objects',
  'self.location.x',
  'var.real',
  '().__class__',
  '[].append(1)',
  '[a for a in (1,)]',
  'var if (lambda: 1)() else 0',
  'ownFunction(frame)',
  '{1}',
  'x := 1',
])('%j is a script', (expression) => expect(isScript(expression, own)).toBe(true));

/** Render engines by the names people use; nodes advertise the same names as features of their Blender. */
export type Engine = 'cycles' | 'eevee' | 'workbench';

const identifiers: { readonly [identifier: string]: Engine } = {
  CYCLES: 'cycles',
  BLENDER_EEVEE: 'eevee',
  BLENDER_EEVEE_NEXT: 'eevee',
  // Blender 2.80 and later open scenes of the engines it dropped with Eevee.
  BLENDER_RENDER: 'eevee',
  BLENDER_GAME: 'eevee',
  BLENDER_WORKBENCH: 'workbench',
  BLENDER_OPENGL: 'workbench',
};

/** `undefined` for the engine of an add-on. */
export function engineOf(identifier: string): Engine | undefined {
  return Object.hasOwn(identifiers, identifier) ? identifiers[identifier] : undefined;
}

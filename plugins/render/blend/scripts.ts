/** Code of its own that a scene brings along: what Blender runs of it only when scripts are allowed. */
import type { Datablock } from './datablocks.ts';
import { propertyNumber } from './id-properties.ts';
import { type BlendRecord, elementsOf, numberAt, pointerAt, textAt } from './record.ts';
import { sceneGroups } from './scene-facts.ts';

export interface SceneScript {
  readonly kind: 'driver' | 'text' | 'freestyle' | 'shader';
  /** Name of the datablock. */
  readonly owner: string;
}

/** Structs to keep besides the datablocks themselves. */
export const scriptParts = ['ChannelDriver', 'DriverVar', 'FreestyleModuleConfig', 'NodeShaderScript'] as const;
/** Datablocks that may hold drivers, or are code themselves. */
export const scriptCodes = [
  ...['AC', 'AR', 'BR', 'CA', 'CF', 'CU', 'CV', 'GD', 'GR', 'IM', 'KE', 'LA', 'LP', 'LS', 'LT', 'MA', 'MB', 'MC', 'ME', 'MS', 'NT', 'OB', 'PA'],
  ...['PT', 'SC', 'SO', 'SP', 'TE', 'TX', 'VO', 'WO'],
] as const;

const registeredFlag = 1 << 4;
const pythonDriver = 1;
const scriptMode = 1;

/** What Blender evaluates without permission: arithmetic with these names and the driver's own variables (bpy_driver.c). */
const safeNames = new Set(
  `all any len abs max min pow round sum bool float int True False None and or not if else in is frame self lerp clamp smoothstep
   pi e tau inf nan acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist erf erfc exp exp2 expm1 fabs
   factorial floor fmod frexp fsum gamma gcd hypot isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf
   nextafter perm prod radians remainder sin sinh sqrt tan tanh trunc ulp`.split(/\s+/),
);

/** Would the expression be refused without permission? Roughly: what is refused in the end, Blender says. */
export function isScript(expression: string, variables: ReadonlySet<string>): boolean {
  const words = expression.replace(/\b\d+\.?\d*(?:e[+-]?\d+)?/gi, ' 0 ');
  if (/[^\w\s+\-*/%().,<>=!|&^~[\]]|[A-Za-z_)\]]\s*\./.test(words)) return true;
  return [...words.matchAll(/[A-Za-z_]\w*/g)].some(([name]) => !safeNames.has(name) && !variables.has(name));
}

function partsOf(block: Datablock, struct: string): BlendRecord[] {
  return [...block.parts.values()].filter((part) => part.struct.name === struct).flatMap(elementsOf);
}

function hasScriptedDriver(block: Datablock): boolean {
  const variables = new Set(partsOf(block, 'DriverVar').map((variable) => textAt(variable, 'name') ?? ''));
  return partsOf(block, 'ChannelDriver').some(
    (driver) => numberAt(driver, 'type') === pythonDriver && isScript((textAt(driver, 'expression') ?? '').slice(0, 1024), variables),
  );
}

/** Shaders in Open Shading Language count only in a scene that renders with it (`compilesShaders`). */
export function scriptsOf(block: Datablock): SceneScript[] {
  const name = textAt(block.record, 'id.name') ?? '';
  const owner = name.slice(2);
  const found: SceneScript['kind'][] = [];
  if (hasScriptedDriver(block)) found.push('driver');
  if (block.code === 'TX' && ((numberAt(block.record, 'flags') ?? 0) & registeredFlag) !== 0) found.push('text');
  if (block.code === 'SC' && usesFreestyleScripts(block)) found.push('freestyle');
  if (partsOf(block, 'NodeShaderScript').length > 0) found.push('shader');
  return found.map((kind) => ({ kind, owner }));
}

function usesFreestyleScripts(scene: Datablock): boolean {
  const layers = [...partsOf(scene, 'ViewLayer'), ...partsOf(scene, 'SceneRenderLayer')];
  const isScripted = layers.some((layer) => (numberAt(layer, 'freestyle_config.mode') ?? numberAt(layer, 'freestyleConfig.mode')) === scriptMode);
  return isScripted && partsOf(scene, 'FreestyleModuleConfig').some((module) => pointerAt(module, 'script') !== 0n);
}

export function compilesShaders({ record, parts }: Datablock): boolean {
  return propertyNumber(record, parts, sceneGroups, ['cycles', 'shading_system']) === 1;
}

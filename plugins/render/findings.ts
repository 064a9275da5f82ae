/** Reasons why a scene would not render, or not as meant, found before anything runs. */
import type { Finding } from '../../src/plugin/job-type.ts';
import type { SceneFacts } from './blend/scene-facts.ts';
import type { SceneScript } from './blend/scripts.ts';
import type { Dependencies, MissingFile } from './dependencies.ts';
import { type Engine, engineOf } from './engines.ts';
import type { RenderSettings } from './settings.ts';
import { viewLayerFindings } from './view-layers.ts';
import { isOfWindows } from './written-path.ts';

const listLimit = 50;
const namesListed = 5;

function unrenderable(message: string, hint: string): Finding {
  return { severity: 'error', code: 'scene-unrenderable', message, hint };
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
}

function listed(missing: readonly MissingFile[], what: string): string {
  const lines = missing.slice(0, listLimit).map(({ path, kind, owner, from, beside }) => {
    const perhaps = beside === undefined ? '' : `; perhaps it is ${beside}`;
    return `  ${path} (${kind} "${owner}" of ${from}${perhaps})`;
  });
  if (missing.length > listLimit) lines.push(`  and ${missing.length - listLimit} more`);
  return `${missing.length === 1 ? `A file that ${what} is missing` : `${missing.length} files that ${what} are missing`}:\n${lines.join('\n')}`;
}

function missingHint(missing: readonly MissingFile[], settings: RenderSettings): string {
  if (settings.allowMissing) return 'The frames will look different without them.';
  const isForeign = missing.some(({ path }) => isOfWindows(path));
  const find = isForeign ? 'Let Blender find them (File > External Data > Find Missing Files) and save' : 'Put them back';
  return `${find}, or go on without them: --allow-missing.`;
}

function missingFiles({ missing }: Dependencies, settings: RenderSettings): Finding[] {
  const needed = missing.filter((file) => file.needed);
  const others = missing.filter((file) => !file.needed);
  const findings: Finding[] = [];
  const code = 'scene-incomplete';
  if (needed.length > 0) {
    const severity = settings.allowMissing ? 'warning' : 'error';
    findings.push({ severity, code, message: listed(needed, 'the scene refers to'), hint: missingHint(needed, settings) });
  }
  if (others.length > 0) findings.push({ severity: 'warning', code, message: listed(others, 'no picture shows'), hint: 'The frames are right without them.' });
  return findings;
}

function cameraFindings(scene: SceneFacts, { scene: blend }: Dependencies, settings: RenderSettings): Finding[] {
  if (settings.camera !== undefined) {
    if (blend.cameras.includes(settings.camera) || blend.linked.includes(`OB${settings.camera}`)) return [];
    return [unrenderable(`The scene has no camera "${settings.camera}".`, `Its cameras: ${quoted(blend.cameras)}.`)];
  }
  if (scene.hasCamera || scene.usesSequencer) return [];
  const hint = blend.cameras.length === 0 ? 'Add a camera in Blender and save.' : `Name one with --camera: ${quoted(blend.cameras)}.`;
  return [unrenderable(`The scene "${scene.name}" has no camera to render from.`, hint)];
}

/** Whatever else an add-on leaves in a scene does nothing when it is rendered. */
function addOnFindings({ scene: { foreignTrees } }: Dependencies): Finding[] {
  if (foreignTrees.length === 0) return [];
  const named = `${quoted(foreignTrees.slice(0, namesListed))}${foreignTrees.length > namesListed ? ' and more' : ''}`;
  return [
    {
      severity: 'warning',
      code: 'scene-unrenderable',
      message: `The scene holds node trees of add-ons, which do nothing on any node: ${named}.`,
      hint: 'Add-ons are never loaded. Apply what the trees make, save, and the frames show it.',
    },
  ];
}

function engineFindings(scene: SceneFacts, engine: Engine | undefined, settings: RenderSettings): Finding[] {
  if (engine === undefined) {
    return [unrenderable(`The scene renders with "${scene.engine}", which comes with an add-on.`, 'Choose another engine: --engine cycles or eevee.')];
  }
  if (engine === 'workbench' && settings.samples !== undefined) {
    return [{ severity: 'error', code: 'bad-setting', message: 'The engine workbench has no samples.', hint: 'Leave --samples away.' }];
  }
  return [];
}

/** Does Cycles denoise the frames of this job? */
export function wantsDenoiser(scene: Pick<SceneFacts, 'denoises'>, engine: Engine | undefined, settings: RenderSettings): boolean {
  return engine === 'cycles' && (settings.denoise ?? scene.denoises);
}

function denoiserFindings(scene: SceneFacts, engine: Engine | undefined, settings: RenderSettings): Finding[] {
  if (!wantsDenoiser(scene, engine, settings)) return [];
  return [
    {
      severity: 'warning',
      code: 'scene-unrenderable',
      message: `The scene "${scene.name}" wants its frames denoised: only nodes whose Blender has a denoiser can render it.`,
      hint: 'To render without, on any node: --denoise off.',
    },
  ];
}

const scriptKinds: { readonly [kind in SceneScript['kind']]: readonly [one: string, many: string] } = {
  driver: ['driver with Python', 'drivers with Python'],
  text: ['registered text block', 'registered text blocks'],
  freestyle: ['Freestyle script', 'Freestyle scripts'],
  shader: ['shader in Open Shading Language', 'shaders in Open Shading Language'],
};

function scriptFindings({ scripts }: Dependencies, { allowScripts }: RenderSettings): Finding[] {
  if (scripts.length === 0) return [];
  const kinds = [...Map.groupBy(scripts, ({ kind }) => kind)].map(([kind, those]) => {
    const named = [...new Set(those.map(({ owner }) => owner))];
    const more = named.length > namesListed ? ` and ${named.length - namesListed} more` : '';
    return `${those.length} ${scriptKinds[kind][those.length === 1 ? 0 : 1]} (${quoted(named.slice(0, namesListed))}${more})`;
  });
  return [
    {
      severity: 'warning',
      code: 'scene-scripts',
      message: `The scene wants to run code of its own, which ${allowScripts ? 'is allowed: it can do whatever a task can' : 'will not run'}: ${kinds.join(', ')}.`,
      hint: allowScripts
        ? 'It runs only on nodes that keep tasks apart.'
        : 'Frames may differ without it. If you trust whoever made the scene: --allow-scripts.',
    },
  ];
}

export function findingsOf(scene: SceneFacts, dependencies: Dependencies, settings: RenderSettings): Finding[] {
  const engine = settings.engine ?? engineOf(scene.engine);
  const views = scene.isMultiView
    ? [unrenderable(`The scene "${scene.name}" is stereoscopic, which is not supported yet.`, 'Turn stereoscopy off and save.')]
    : [];
  return [
    ...missingFiles(dependencies, settings),
    ...cameraFindings(scene, dependencies, settings),
    ...viewLayerFindings(scene, settings),
    ...engineFindings(scene, engine, settings),
    ...addOnFindings(dependencies),
    ...denoiserFindings(scene, engine, settings),
    ...scriptFindings(dependencies, settings),
    ...views,
  ];
}

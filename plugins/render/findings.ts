/** Reasons why a scene would not render, or not as meant, found before anything runs. */
import type { Finding } from '../../src/plugin/job-type.ts';
import type { SceneFacts } from './blend/scene-facts.ts';
import type { SceneScript } from './blend/scripts.ts';
import type { Dependencies } from './dependencies.ts';
import { type Engine, engineOf } from './engines.ts';
import type { RenderSettings } from './settings.ts';

const listLimit = 50;
const scriptsNamed = 5;

function unrenderable(message: string, hint: string): Finding {
  return { severity: 'error', code: 'scene-unrenderable', message, hint };
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ');
}

function missingFiles({ missing }: Dependencies, settings: RenderSettings): Finding[] {
  if (missing.length === 0) return [];
  const lines = missing.slice(0, listLimit).map((file) => `  ${file.path} (${file.kind} "${file.owner}" of ${file.from})`);
  if (missing.length > listLimit) lines.push(`  and ${missing.length - listLimit} more`);
  const count = missing.length === 1 ? 'A file that the scene refers to is missing' : `${missing.length} files that the scene refers to are missing`;
  return [
    {
      severity: settings.allowMissing ? 'warning' : 'error',
      code: 'scene-incomplete',
      message: `${count}:\n${lines.join('\n')}`,
      hint: settings.allowMissing ? 'The frames will look different without them.' : 'Put them back, or go on without them: --allow-missing.',
    },
  ];
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
    const more = named.length > scriptsNamed ? ` and ${named.length - scriptsNamed} more` : '';
    return `${those.length} ${scriptKinds[kind][those.length === 1 ? 0 : 1]} (${quoted(named.slice(0, scriptsNamed))}${more})`;
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
    ...engineFindings(scene, engine, settings),
    ...denoiserFindings(scene, engine, settings),
    ...scriptFindings(dependencies, settings),
    ...views,
  ];
}

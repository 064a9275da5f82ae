/** On the submitting machine: what must travel, and what would go wrong. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { IntegerRange } from '../../src/model/job.ts';
import type { FindInputs } from '../../src/plugin/job-type.ts';
import { versionText } from './blend/header.ts';
import type { BlendContents } from './blend/read-blend.ts';
import { notAScene } from './blend/refusal.ts';
import type { SceneFacts } from './blend/scene-facts.ts';
import { findDependencies } from './dependencies.ts';
import { findingsOf } from './findings.ts';
import { sceneIn } from './project-folder.ts';
import { isReadableFile } from './referenced-files.ts';
import type { SceneSummary } from './scene-summary.ts';
import { parseSettings, type RenderSettings } from './settings.ts';
import { below, commonFolder } from './written-path.ts';

function sceneMissing(path: string): SupervmError {
  return new SupervmError('file-missing', `The scene ${path} does not exist.`, 'Check the path.');
}

async function checkSceneFile(path: string): Promise<void> {
  if (await isReadableFile(path)) return;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw sceneMissing(path);
  if (!found.isFile()) throw notAScene(path, found.isDirectory() ? 'is a folder' : 'is no regular file');
  throw new SupervmError('file-missing', `The scene ${path} cannot be read.`, 'Check its permissions.');
}

async function sceneFileOf({ sceneFile, blend }: Pick<RenderSettings, 'sceneFile' | 'blend'>): Promise<string> {
  const isFolder = (await stat(sceneFile).catch(() => undefined))?.isDirectory() === true;
  if (isFolder) return sceneIn(sceneFile, blend);
  if (blend === undefined) return sceneFile;
  throw new SupervmError('bad-setting', `--blend names a file in a project folder or archive, and ${sceneFile} is neither.`, 'Leave --blend away.');
}

function chooseScene(blend: BlendContents, wanted: string | undefined, path: string): SceneFacts {
  const names = blend.scenes.map((scene) => scene.name);
  const scene = wanted === undefined ? blend.activeScene : blend.scenes.find((each) => each.name === wanted);
  if (scene !== undefined) return scene;
  if (wanted === undefined) throw new SupervmError('scene-unrenderable', `${path} holds no scene.`, 'Is it a library? Name a file with a scene.');
  throw new SupervmError('scene-unrenderable', `${path} has no scene "${wanted}".`, `Its scenes: ${names.map((name) => `"${name}"`).join(', ')}.`);
}

function ownFrames({ first, last, frameStep }: SceneFacts): readonly IntegerRange[] {
  return last < first ? [] : [{ first, last, step: frameStep }];
}

/** Throws `file-missing`, `not-a-scene`, `bad-setting`, `bad-frames` and, for a scene name that the file lacks, `scene-unrenderable`. */
export const inputs: FindInputs = async (json, limits = {}) => {
  const given = parseSettings(json);
  const settings = { ...given, sceneFile: await sceneFileOf(given) };
  if ((await limits.allows?.(settings.sceneFile)) === false) throw sceneMissing(settings.sceneFile);
  await checkSceneFile(settings.sceneFile);
  const chosen = (blend: BlendContents) => chooseScene(blend, settings.scene, settings.sceneFile);
  const dependencies = await findDependencies(settings.sceneFile, limits, (blend) => settings.frames ?? ownFrames(chosen(blend)));
  const scene = chosen(dependencies.scene);
  const root = commonFolder([...dependencies.files, ...dependencies.absolute.values()]);
  const summary: SceneSummary = {
    title: basename(settings.sceneFile).replace(/\.blend$/i, ''),
    scene: below(root, settings.sceneFile),
    sceneName: scene.name,
    version: versionText(dependencies.version),
    first: scene.first,
    last: scene.last,
    frameStep: scene.frameStep,
    engine: scene.engine,
    resolutionX: scene.resolutionX,
    resolutionY: scene.resolutionY,
    percentage: scene.percentage,
    crop: scene.crop ?? null,
    imageType: scene.imageType,
    denoises: scene.denoises,
    pathMap: Object.fromEntries([...dependencies.absolute].map(([written, path]) => [written, below(root, path)])),
  };
  return {
    files: dependencies.files.map((source) => ({ source, path: below(root, source) })),
    summary,
    findings: findingsOf(scene, dependencies, settings),
  };
};

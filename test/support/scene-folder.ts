/** A folder for each test, with small scenes and what lies around them, in which the render job type looks for a scene's files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { inputs } from '../../plugins/render/inputs.ts';
import type { InputsFound, JsonObject } from '../../src/plugin/job-type.ts';
import { camera, scene, smallBlend, usualForm } from './small-blend.ts';
import type { BlendBlock, BlendForm } from './write-blend.ts';

export class SceneFolder {
  root = '';

  /** The scene that `find` asks for. */
  get sceneFile(): string {
    return join(this.root, 'film/scenes/shot.blend');
  }

  /** Writes a file; its absolute path. */
  readonly put = (path: string, bytes: Uint8Array | string = 'x'): string => {
    const absolute = join(this.root, path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, bytes);
    return absolute;
  };

  /** `use_denoising` off, so that only what a test is about is found. */
  readonly blend = (path: string, blocks: readonly BlendBlock[] = [], values = {}, form: BlendForm = { ...usualForm, version: 293 }): void => {
    this.put(path, smallBlend([scene(values), camera('Camera'), ...blocks], form));
  };

  readonly find = (settings: JsonObject = {}): Promise<InputsFound> => inputs({ sceneFile: this.sceneFile, ...settings });
}

/** Registers its own making and removal. */
export function useSceneFolder(): SceneFolder {
  const folder = new SceneFolder();
  beforeEach(() => {
    folder.root = mkdtempSync(join(tmpdir(), 'svm-inputs-'));
  });
  afterEach(() => rmSync(folder.root, { recursive: true, force: true }));
  return folder;
}

export const paths = ({ files }: InputsFound): readonly string[] => files.map((file) => file.path).toSorted();
export const codes = ({ findings }: InputsFound): readonly string[] => findings.map((finding) => `${finding.severity} ${finding.code}`);

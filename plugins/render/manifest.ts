import type { Manifest } from '../../src/plugin/manifest.ts';
import { formatNames } from './formats.ts';
import { qualities } from './quality.ts';

export const manifest: Manifest = {
  name: 'render',
  version: '1',
  summary: 'Render a Blender scene on all nodes',
  description:
    'Every file the scene needs travels with it. Each node keeps one Blender with the scene loaded and renders frame after frame; every frame is checked before it counts. Scripts in the scene do not run unless that is allowed.',
  arguments: [
    { key: 'sceneFile', type: 'path', summary: 'The .blend file; or a project folder, also packed as .tar, .tar.gz or .tar.zst', required: true, packed: true },
  ],
  settings: [
    { key: 'frames', type: 'frames', summary: "Frames to render, such as 1-100 or 1,5,10-50:2; the scene's own range by default", placeholder: 'LIST' },
    { key: 'engine', type: 'choice', choices: ['cycles', 'eevee', 'workbench'], summary: "Render engine; the scene's own by default" },
    { key: 'resolution', type: 'text', summary: "Size of the frames: 1920x1080, or 50% of the scene's own", placeholder: 'SIZE' },
    { key: 'samples', type: 'integer', minimum: 1, maximum: 1_000_000, summary: "Samples a pixel; the scene's own by default", placeholder: 'NUMBER' },
    { key: 'quality', type: 'choice', choices: qualities, summary: 'Size, samples and denoising where no other flag says them; what it sets is shown' },
    { key: 'format', type: 'choice', choices: formatNames, summary: "File format; the scene's own by default, PNG where that is a film" },
    { key: 'camera', type: 'text', summary: "Camera to render from; the scene's own by default", placeholder: 'NAME' },
    { key: 'scene', type: 'text', summary: 'Scene to render when the file holds several; the one last open by default', placeholder: 'NAME' },
    { key: 'viewLayer', type: 'text', summary: 'The one view layer to render; all that the scene renders by default', placeholder: 'NAME' },
    { key: 'blend', type: 'text', summary: 'The .blend file in the project folder or archive, when it holds several', placeholder: 'PATH' },
    { key: 'denoise', type: 'choice', choices: ['on', 'off'], summary: 'Denoise the frames (Cycles); as the scene says by default' },
    {
      key: 'set',
      type: 'text',
      joinedBy: ',',
      summary: "A property of the scene by Blender's name for it, such as render.film_transparent=true",
      placeholder: 'PATH=VALUE',
    },
    {
      key: 'fileName',
      type: 'text',
      default: 'frame_####',
      summary: 'Names of the frames without extension; # is a digit of the number',
      placeholder: 'PATTERN',
    },
    { key: 'allowScripts', type: 'boolean', summary: 'Run Python, drivers and shaders that the scene brings along; only on nodes that keep tasks apart' },
    { key: 'allowMissing', type: 'boolean', summary: 'Render although files the scene refers to are missing' },
  ],
  examples: [
    { command: 'supervm render scene.blend --frames 1-100 -o frames', summary: 'Render 100 frames into the folder frames' },
    { command: 'supervm render scene.blend --quality draft', summary: "Preview the scene's own frame range" },
    { command: 'supervm render scene.blend --set cycles.max_bounces=4 --set camera.lens=35', summary: 'Change single properties of the scene' },
    { command: 'supervm render scene.blend --frames 42 --engine cycles --format OPEN_EXR', summary: 'Render one frame as OpenEXR' },
  ],
};

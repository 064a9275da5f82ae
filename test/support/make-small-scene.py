"""A tiny scene of a turning cube for tests: 96x54, two samples, frames 1-100. Run: blender -b --factory-startup -P this.py -- OUT.blend"""
import math
import sys

import bpy

out = sys.argv[sys.argv.index("--") + 1]
scene = bpy.context.scene
cube = bpy.data.objects["Cube"]
cube.keyframe_insert("rotation_euler", frame=1)
cube.rotation_euler[2] = 2 * math.pi
cube.keyframe_insert("rotation_euler", frame=100)
scene.render.engine = "CYCLES"
scene.cycles.device = "CPU"
scene.cycles.samples = 2
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 96, 54, 100
scene.frame_start, scene.frame_end = 1, 100
scene.render.image_settings.file_format = "PNG"
bpy.ops.wm.save_as_mainfile(filepath=out)

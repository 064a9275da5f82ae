"""A light scene, whose frames take about as long to load as to draw. Run: blender -b --factory-startup -P light-scene.py -- OUT.blend"""

import colorsys
import math
import sys

import bpy

FRAMES = 40
SIDE = 4

out = sys.argv[sys.argv.index("--") + 1]
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene


def material(name, hue, metallic):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    surface = made.node_tree.nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*colorsys.hsv_to_rgb(hue, 0.6, 0.8), 1)
    surface.inputs["Metallic"].default_value = metallic
    surface.inputs["Roughness"].default_value = 0.3
    return made


materials = [material(f"m{number}", number / 5, number % 2) for number in range(5)]
bpy.ops.mesh.primitive_plane_add(size=50)
bpy.context.object.data.materials.append(materials[0])
bpy.ops.mesh.primitive_monkey_add(size=2)
head = bpy.context.object
smooth = head.modifiers.new("smooth", "SUBSURF")
smooth.levels = smooth.render_levels = 1
for place in range(SIDE * SIDE):
    column, row = place % SIDE, place // SIDE
    copy = head.copy()
    copy.data = head.data.copy()
    copy.data.materials.append(materials[place % len(materials)])
    copy.location = ((column - SIDE / 2) * 2.6, (row - SIDE / 2) * 2.6, 1.1)
    scene.collection.objects.link(copy)
    for frame, turn in ((1, 0), (FRAMES + 1, 2 * math.pi)):
        copy.rotation_euler = (0, 0, place + turn)
        copy.keyframe_insert("rotation_euler", frame=frame)
bpy.data.objects.remove(head)
for number in range(3):
    angle = number * 2 * math.pi / 3
    bpy.ops.object.light_add(type="AREA", location=(8 * math.cos(angle), 8 * math.sin(angle), 9))
    bpy.context.object.data.energy = 900
    bpy.context.object.data.size = 4
bpy.ops.object.camera_add(location=(12, -12, 9), rotation=(math.radians(62), 0, math.radians(45)))
scene.camera = bpy.context.object
scene.render.engine = "CYCLES"
scene.cycles.device = "CPU"
scene.cycles.samples = 8
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y = 320, 180
scene.frame_start, scene.frame_end = 1, FRAMES
scene.render.image_settings.file_format = "PNG"
bpy.ops.wm.save_as_mainfile(filepath=out)

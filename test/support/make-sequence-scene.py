"""A plane that shows an image sequence, one plate a frame. Run: blender -b --factory-startup -P this.py -- OUT.blend PLATES COUNT"""
import os
import sys

import bpy

out, plates, count = sys.argv[sys.argv.index("--") + 1 :][:3]
count = int(count)
scene = bpy.context.scene
plate = bpy.data.images.new("plate", 8, 8)
for number in range(1, count + 1):
    plate.pixels.foreach_set([number / count, 0.4, 1 - number / count, 1.0] * 64)
    plate.filepath_raw = os.path.join(plates, f"plate_{number:04d}.png")
    plate.file_format = "PNG"
    plate.save()
bpy.data.images.remove(plate)

bpy.data.objects.remove(bpy.data.objects["Cube"])
bpy.ops.mesh.primitive_plane_add(size=6)
material = bpy.data.materials.new("plates")
material.use_nodes = True
texture = material.node_tree.nodes.new("ShaderNodeTexImage")
texture.image = bpy.data.images.load(os.path.join(plates, "plate_0001.png"))
texture.image.source = "SEQUENCE"
texture.image_user.frame_duration = count
texture.image_user.frame_start = 1
texture.image_user.use_auto_refresh = True
material.node_tree.links.new(texture.outputs[0], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"])
bpy.context.object.data.materials.append(material)
scene.render.engine = "CYCLES"
scene.cycles.device = "CPU"
scene.cycles.samples = 1
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 64, 36, 100
scene.frame_start, scene.frame_end = 1, count
scene.render.image_settings.file_format = "PNG"
bpy.ops.wm.save_as_mainfile(filepath=out, relative_remap=True)
bpy.ops.file.make_paths_relative()
bpy.ops.wm.save_as_mainfile(filepath=out)

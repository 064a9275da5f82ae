"""Tiny scenes for the render job type's tests: 64x36, one sample, frames 1-4. Run: blender -b --factory-startup -P this.py -- KIND OUT.blend"""

import math
import sys

import bpy

kind, out = sys.argv[sys.argv.index("--") + 1 :][:2]
scene = bpy.context.scene
cube = bpy.data.objects["Cube"]
surface = cube.data.materials[0].node_tree.nodes["Principled BSDF"]
scene.render.engine = "CYCLES"
scene.cycles.device = "CPU"
scene.cycles.samples = 1
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 64, 36, 100
scene.frame_start, scene.frame_end = 1, 4
scene.render.image_settings.file_format = "PNG"


def keys(owner, path, values):
    for frame, value in enumerate(values, 1):
        setattr(owner, path, value)
        owner.keyframe_insert(path, frame=frame)


keys(cube, "rotation_euler", [(0, 0, 0.3), (0, 0.5, 1), (0.4, 0, 2), (1, 1, 3)])
if kind == "changing":
    # Everything a warm Blender might take for unchanged.
    for frame, red in enumerate((0, 1, 0.3, 0.7), 1):
        surface.inputs["Base Color"].default_value = (red, 1 - red, red * red, 1)
        surface.inputs["Base Color"].keyframe_insert("default_value", frame=frame)
    keys(bpy.data.objects["Light"].data, "energy", [1000, 50, 3000, 0])
    keys(scene.camera.data, "lens", [50, 30, 60, 20])
    keys(scene.cycles, "samples", [1, 3, 2, 1])
elif kind == "shutter":
    scene.render.use_motion_blur = True
    keys(scene.render, "motion_blur_shutter", [0.1, 0.5, 1, 2])
elif kind == "simplify":
    cube.modifiers.new("smooth", "SUBSURF").render_levels = 3
    scene.render.use_simplify = True
    keys(scene.render, "simplify_subdivision_render", [0, 3, 1, 2])
elif kind == "particles":
    cube.modifiers.new("dust", "PARTICLE_SYSTEM")
    dust = cube.particle_systems[0].settings
    dust.count, dust.frame_end, dust.render_type = 20, 3, "OBJECT"
    bpy.ops.mesh.primitive_ico_sphere_add(radius=0.5, location=(0, 0, 20))
    dust.instance_object = bpy.context.object
elif kind == "long":
    scene.cycles.samples = 1_000_000
elif kind == "denoise":
    scene.cycles.use_denoising = True
elif kind == "no-camera":
    bpy.data.objects.remove(scene.camera)
elif kind == "crop":
    scene.render.use_border = scene.render.use_crop_to_border = True
    scene.render.border_min_x, scene.render.border_max_x = 0.13, 0.77
    scene.render.border_min_y, scene.render.border_max_y = 0.21, 0.9
elif kind == "missing":
    texture = cube.data.materials[0].node_tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.new("lost", 8, 8)
    texture.image.source = "FILE"
    texture.image.filepath = "//lost.png"
    cube.data.materials[0].node_tree.links.new(texture.outputs[0], surface.inputs["Base Color"])
elif kind == "canary":
    mark = "open(" + repr(out + ".canary") + ", 'w')"
    text = bpy.data.texts.new("canary.py")
    text.use_module = True
    text.write(mark)
    cube.driver_add("location", 0).driver.expression = f"0 if {mark} else 0"
elif kind == "dark":
    bpy.data.objects.remove(bpy.data.objects["Light"])
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0
elif kind == "infinite":
    # What no file can hold as a number: 1e30 times itself.
    scene.use_nodes = True
    tree = scene.node_tree
    product = tree.nodes.new("CompositorNodeMath")
    product.operation = "MULTIPLY"
    for side in product.inputs[:2]:
        side.default_value = 1e30
    target = next(node for node in tree.nodes if node.type == "COMPOSITE")
    tree.links.new(product.outputs[0], target.inputs["Image"])
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
elif kind == "layers":
    # The layer "Bare" has no cube.
    bare = scene.view_layers.new("Bare")
    shown = bpy.data.collections.new("Shown")
    scene.collection.children.link(shown)
    for owner in list(cube.users_collection):
        owner.objects.unlink(cube)
    shown.objects.link(cube)
    bare.layer_collection.children["Shown"].exclude = True
elif kind == "two-scenes":
    bpy.ops.scene.new(type="LINK_COPY")
    other = bpy.context.scene
    other.name = "Close"
    bpy.context.window.scene = scene
    camera = bpy.data.objects.new("Near", scene.camera.data.copy())
    camera.location, camera.rotation_euler = (0, -5, 0), (math.pi / 2, 0, 0)
    other.collection.objects.link(camera)
bpy.ops.wm.save_as_mainfile(filepath=out, compress=kind == "changing")

"""A scene that refers to everything by absolute paths: a library with a textured plane of its own, an image sequence, tiles, a font and strips.

Run: blender -b --factory-startup -P this.py -- FOLDER. Writes FOLDER/elsewhere/{library.blend,*.png} and FOLDER/scene/absolute.blend.
"""
import glob
import os
import shutil
import sys

import bpy

folder = sys.argv[sys.argv.index("--") + 1]
font = sorted(glob.glob("/usr/share/fonts/**/*.ttf", recursive=True))[0]
elsewhere, home = os.path.join(folder, "elsewhere"), os.path.join(folder, "scene")
os.makedirs(elsewhere, exist_ok=True)
os.makedirs(home, exist_ok=True)
library = os.path.join(elsewhere, "library.blend")


def picture(name, colour):
    image = bpy.data.images.new(name, 4, 4)
    image.pixels.foreach_set([*colour, 1.0] * 16)
    image.filepath_raw = os.path.join(elsewhere, name)
    image.file_format = "PNG"
    image.save()
    bpy.data.images.remove(image)
    return os.path.join(elsewhere, name)


def shown(name, path, location, source="FILE"):
    """A glowing plane that shows the picture."""
    bpy.ops.mesh.primitive_plane_add(size=1.6, location=location)
    plane = bpy.context.object
    plane.name = name
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(path)
    texture.image.source = source
    if source == "SEQUENCE":
        texture.image_user.frame_duration = 3
        texture.image_user.frame_start = 1
        texture.image_user.use_auto_refresh = True
    glow = nodes.new("ShaderNodeEmission")
    material.node_tree.links.new(texture.outputs[0], glow.inputs[0])
    material.node_tree.links.new(glow.outputs[0], nodes["Material Output"].inputs[0])
    plane.data.materials.append(material)
    return plane


bpy.ops.wm.read_factory_settings(use_empty=True)
shown("linked", picture("linked.png", (0.9, 0.1, 0.1)), (-2, 0, 0))
bpy.ops.wm.save_as_mainfile(filepath=library)

bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
with bpy.data.libraries.load(library, link=True, relative=False) as (_, target):
    target.objects = ["linked"]
scene.collection.objects.link(target.objects[0])
for number, colour in ((1, (0.1, 0.9, 0.1)), (2, (0.1, 0.1, 0.9)), (3, (0.9, 0.9, 0.1))):
    picture(f"plate_{number:03d}.png", colour)
shown("sequence", os.path.join(elsewhere, "plate_001.png"), (0, 0, 0), "SEQUENCE")
for tile in (1001, 1002):
    picture(f"tile.{tile}.png", (0.1, 0.8, 0.8))
tiled = shown("tiles", os.path.join(elsewhere, "tile.1001.png"), (2, 0, 0))
image = next(image for image in bpy.data.images if "tile" in image.filepath)
image.source = "TILED"
image.filepath = os.path.join(elsewhere, "tile.<UDIM>.png")
image.tiles.new(1002)
shutil.copy(font, os.path.join(elsewhere, "letters.ttf"))
bpy.ops.object.text_add(location=(-1, 1.2, 0.1))
bpy.context.object.data.body = "abc"
bpy.context.object.data.font = bpy.data.fonts.load(os.path.join(elsewhere, "letters.ttf"))
white = bpy.data.materials.new("white")
white.use_nodes = True
white.node_tree.nodes["Principled BSDF"].inputs["Emission"].default_value = (1, 1, 1, 1)
bpy.context.object.data.materials.append(white)
camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
camera.location = (0, 0.4, 8)
scene.collection.objects.link(camera)
scene.camera = camera
scene.render.engine = "CYCLES"
scene.cycles.samples = 1
scene.cycles.use_denoising = False
scene.render.resolution_x, scene.render.resolution_y = 64, 36
scene.frame_start, scene.frame_end = 1, 3
scene.render.image_settings.file_format = "PNG"
bpy.ops.wm.save_as_mainfile(filepath=os.path.join(home, "absolute.blend"), relative_remap=False)

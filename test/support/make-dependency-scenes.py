"""Scenes each of which needs another kind of picture, movie, font, profile or library.

Run: blender -b --factory-startup -P this.py -- FOLDER MOVIE. Writes FOLDER/KIND/project/scene.blend and beside it, below FOLDER/KIND, what it needs.
"""

import glob
import math
import os
import shutil
import struct
import sys
import wave

import bpy

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene_kit import begin, glowing, grid, picture, place, plane, save, shaped, texture, white  # noqa: E402

movie = sys.argv[sys.argv.index("--") + 2]
font = sorted(glob.glob("/usr/share/fonts/**/*.ttf", recursive=True))[0]

scene = begin("picture")
picture(place("pictures", "wall.png"), (0.9, 0.2, 0.1))
glowing(plane(), texture("//../pictures/wall.png"))
save()

scene = begin("sky")
picture(place("skies", "field.hdr"), (0.2, 0.4, 2.0), "HDR")
world = bpy.data.worlds.new("World")
scene.world = world
world.use_nodes = True
sky = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
sky.image = bpy.data.images.load("//../skies/field.hdr")
world.node_tree.links.new(sky.outputs[0], world.node_tree.nodes["Background"].inputs[0])
save()

scene = begin("sequence")
for number in (11, 12, 13):
    picture(place("plates", f"plate_{number:04d}.png"), (number / 13, 0.3, (number - 10) / 4))
glowing(plane(), texture("//../plates/plate_0011.png", "SEQUENCE", 10))
save()

for name, mark, tiles in (("udim", "<UDIM>", ("1001", "1002")), ("uvtile", "<UVTILE>", ("u1_v1", "u2_v1"))):
    scene = begin(name)
    for tile, colour in zip(tiles, ((0.9, 0.6, 0.1), (0.1, 0.6, 0.9))):
        picture(place("tiles", f"wall.{tile}.png"), colour)
    glowing(plane(), texture(f"//../tiles/wall.{mark}.png", "TILED", scale=2))
    save()

scene = begin("movie")
shutil.copy(movie, place("movies", "film.avi"))
glowing(plane(), texture("//../movies/film.avi", "MOVIE"))
save()

scene = begin("strips")
shutil.copy(movie, place("media", "film.avi"))
picture(place("media", "title.png"), (0.1, 0.9, 0.4))
with wave.open(place("media", "tone.wav"), "wb") as tone:
    tone.setparams((1, 2, 8000, 0, "NONE", ""))
    tone.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(step))) for step in range(800)))
strips = scene.sequence_editor_create().sequences
strips.new_image("title", "//../media/title.png", 1, 1).frame_final_duration = 1
strips.new_movie("film", "//../media/film.avi", 1, 2)
strips.new_sound("tone", "//../media/tone.wav", 2, 1)
save()

scene = begin("font")
shutil.copy(font, place("fonts", "letters.ttf"))
bpy.ops.object.text_add(location=(-1.5, -0.3, 0))
bpy.context.object.data.body = "Rag"
bpy.context.object.data.font = bpy.data.fonts.load("//../fonts/letters.ttf")
glowing(bpy.context.object, white)
save()

scene = begin("light-profile")
with open(place("lights", "spot.ies"), "w") as file:
    angles = " ".join(str(angle) for angle in range(0, 91, 10))
    file.write(f"IESNA:LM-63-2002\nTILT=NONE\n1 1000 1 10 1 1 2 0 0 0\n1 1 10\n{angles}\n0\n900 10 800 10 700 10 600 10 500 10\n")
light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "POINT"))
light.location, light.data.energy, light.data.shadow_soft_size = (0, 0, 1), 5, 0
scene.collection.objects.link(light)
light.data.use_nodes = True
profile = light.data.node_tree.nodes.new("ShaderNodeTexIES")
profile.mode, profile.filepath = "EXTERNAL", "//../lights/spot.ies"
light.data.node_tree.links.new(profile.outputs[0], light.data.node_tree.nodes["Emission"].inputs["Strength"])
plane()
save()

scene = begin("movie-clip")
shutil.copy(movie, place("clips", "film.avi"))
scene.use_nodes = True
tree = scene.node_tree
clip = tree.nodes.new("CompositorNodeMovieClip")
clip.clip = bpy.data.movieclips.load("//../clips/film.avi")
output = next((node for node in tree.nodes if node.type == "COMPOSITE"), None) or tree.nodes.new("CompositorNodeComposite")
tree.links.new(clip.outputs[0], output.inputs[0])
save()

scene = begin("displacement")
picture(place("maps", "hills.png"), (1, 1, 1))
thing = grid()
glowing(thing, shaped)
relief = thing.modifiers.new("relief", "DISPLACE")
relief.texture = bpy.data.textures.new("hills", "IMAGE")
relief.texture.image = bpy.data.images.load("//../maps/hills.png")
relief.strength = 2
save()

scene = begin("libraries")
picture(place("maps", "red.png"), (0.9, 0.1, 0.3))
thing = plane()
glowing(thing, texture("//../maps/red.png"))
image = next(image for image in bpy.data.images if image.filepath)
bpy.data.objects.remove(scene.camera)
image.filepath = "//../../maps/red.png"
bpy.ops.wm.save_as_mainfile(filepath=place("lib", "deep", "two.blend"), relative_remap=False)
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.wm.save_as_mainfile(filepath=place("lib", "one.blend"))
with bpy.data.libraries.load(place("lib", "deep", "two.blend"), link=True, relative=True) as (_, target):
    target.materials = ["glowing"]
thing = plane()
thing.name = "linked"
thing.data.materials.append(target.materials[0])
bpy.ops.wm.save_as_mainfile(filepath=place("lib", "one.blend"), relative_remap=False)
scene = begin("libraries")
with bpy.data.libraries.load(place("lib", "one.blend"), link=True, relative=True) as (_, target):
    target.objects = ["linked"]
scene.collection.objects.link(target.objects[0])
save()

scene = begin("backslashes")
picture(place("share", "oak.png"), (0.4, 0.9, 0.1))
thing = plane()
glowing(thing, texture("//../share/oak.png"))
image = next(image for image in bpy.data.images if image.filepath)
image.filepath = "/" + place("share", "oak.png")[1:].replace("/", "\\")
save()

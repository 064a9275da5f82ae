"""For scripts that make scenes, each in a folder of its own: an empty scene of 32x18 pixels, pictures, and things that shine by themselves."""

import os
import sys

import bpy

home = sys.argv[sys.argv.index("--") + 1]
kind = ""


def place(*names):
    """A path below the folder of this kind, whose folder is made."""
    path = os.path.join(home, kind, *names)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def save():
    bpy.ops.wm.save_as_mainfile(filepath=place("project", "scene.blend"), relative_remap=False, compress=False)


def begin(name):
    """An empty scene that lies where it will stay, so that `//` has a meaning from the start."""
    global kind
    kind = name
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (0, 0, 5)
    camera.data.type, camera.data.ortho_scale = "ORTHO", 3.2
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 32, 18, 100
    scene.frame_start, scene.frame_end = 1, 3
    scene.render.image_settings.file_format = "PNG"
    save()
    return scene


def picture(path, colour, form="PNG"):
    """Not one colour alone: it fades to black, so that its place shows too."""
    image = bpy.data.images.new("made", 4, 4, float_buffer=form == "HDR")
    image.pixels.foreach_set([part for texel in range(16) for part in (*(c * (texel + 1) / 16 for c in colour), 1.0)])
    image.filepath_raw = path
    image.file_format = form
    image.save()
    bpy.data.images.remove(image)


def glowing(thing, build):
    """A material that shines by itself; `build` gives the socket of its colour."""
    material = bpy.data.materials.new("glowing")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    glow, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    links.new(glow.outputs[0], output.inputs["Surface"])
    colour = build(nodes, links)
    if colour is not None:
        links.new(colour, glow.inputs["Color"])
    thing.data.materials.append(material)


def plane():
    bpy.ops.mesh.primitive_plane_add(size=3)
    return bpy.context.object


def texture(path, source="FILE", offset=0, scale=1):
    def build(nodes, links):
        node = nodes.new("ShaderNodeTexImage")
        node.image = bpy.data.images.load(path.replace("<UDIM>", "1001").replace("<UVTILE>", "u1_v1"))
        node.image.source = source
        node.image.filepath = path
        if source in ("SEQUENCE", "MOVIE"):
            node.image_user.frame_duration, node.image_user.frame_start, node.image_user.frame_offset = 3, 1, offset
            node.image_user.use_auto_refresh = True
        if source == "TILED":
            node.image.tiles.new(1002)
            places, mapping = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
            mapping.inputs["Scale"].default_value = (scale, 1, 1)
            links.new(places.outputs["UV"], mapping.inputs["Vector"])
            links.new(mapping.outputs[0], node.inputs[0])
        return node.outputs[0]

    return build


def grid(size=20):
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=size, y_subdivisions=size, size=2)
    return bpy.context.object


def white(nodes, links):
    return None


def shaped(nodes, links):
    """The colour follows the place of the surface, so that each shape looks otherwise."""
    return nodes.new("ShaderNodeNewGeometry").outputs["Position"]

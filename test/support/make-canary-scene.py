"""A scene that tries to run code of its own, or to write a file, in every way a .blend file knows: `blender ... --python make-canary-scene.py -- FOLDER NESTS`.

Makes FOLDER/canary.blend, FOLDER/library.blend and decoys beside them. Whatever runs leaves a file in NESTS named after the way.
"""

import os
import sys

import bpy

folder, nests = sys.argv[sys.argv.index("--") + 1 :]


def lay(way):
    return f"open({os.path.join(nests, way)!r}, 'w').close()"


def expression(way):
    return f"0 * len(str(open({os.path.join(nests, way)!r}, 'w')))"


def add_text(name, way, is_module):
    text = bpy.data.texts.new(name)
    text.write(
        f"import bpy\n{lay(way)}\n"
        f"def later(*_):\n    {lay(way + '-handler')}\n"
        "for name in ('frame_change_pre', 'render_pre', 'render_write', 'load_post', 'depsgraph_update_post'):\n"
        "    getattr(bpy.app.handlers, name).append(later)\n"
    )
    text.use_module = is_module
    return text


def add_driver(thing, path, way):
    curve = thing.driver_add(path, 0)
    curve.driver.type = "SCRIPTED"
    curve.driver.expression = expression(way)


def save(name):
    bpy.ops.wm.save_as_mainfile(filepath=os.path.join(folder, name), compress=False)


def make_library():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    cube.name = "linked"
    add_driver(cube, "location", "library-driver")
    add_text("library.py", "library-text", True)
    save("library.blend")


def add_freestyle(scene):
    scene.render.use_freestyle = True
    settings = scene.view_layers[0].freestyle_settings
    settings.mode = "SCRIPT"
    module = settings.modules.new()
    text = bpy.data.texts.new("style.py")
    text.write(lay("freestyle") + "\n")
    module.script = text
    module.use = True


def add_shaders(cube):
    """The second source is compiled, where Open Shading Language is built in, and may then write by fprintf."""
    material = bpy.data.materials.new("script")
    material.use_nodes = True
    cube.data.materials.append(material)
    source = f'shader nest(output closure color c = 0) {{ fprintf("{os.path.join(nests, "shader")}", "x"); c = emission(); }}\n'
    node = material.node_tree.nodes.new("ShaderNodeScript")
    text = bpy.data.texts.new("nest.osl")
    text.write(source)
    node.script = text
    other = material.node_tree.nodes.new("ShaderNodeScript")
    other.mode = "EXTERNAL"
    with open(os.path.join(folder, "nest.osl"), "w") as file:
        file.write(source)
    other.filepath = "//nest.osl"


def add_file_output(scene):
    scene.use_nodes = True
    nodes = scene.node_tree.nodes
    layers = nodes.get("Render Layers") or nodes.new("CompositorNodeRLayers")
    output = nodes.new("CompositorNodeOutputFile")
    output.base_path = os.path.join(nests, "compositor")
    scene.node_tree.links.new(layers.outputs[0], output.inputs[0])


def make_scene():
    bpy.ops.wm.read_factory_settings()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.shading_system = True
    scene.render.resolution_x = scene.render.resolution_y = 16
    scene.render.resolution_percentage = 100
    scene.render.filepath = os.path.join(nests, "path-of-the-scene")
    cube = bpy.data.objects["Cube"]
    add_driver(cube, "location", "driver")
    plain = cube.driver_add("rotation_euler", 0).driver
    plain.expression = "sin(frame) * 2"
    add_text("start.py", "text", True)
    # What a driver or a program looks for and does not find it may take from a text block of that name.
    for name in ("imbuf.py", "_cycles.py", "numpy.py", "nowhere.py"):
        add_text(name, f"import-of-{name}", False)
        with open(os.path.join(folder, name), "w") as file:
            file.write(lay(f"file-{name}") + "\n")
    add_freestyle(scene)
    add_shaders(cube)
    add_file_output(scene)
    with bpy.data.libraries.load(os.path.join(folder, "library.blend"), link=True, relative=True) as (_, linked):
        linked.objects = ["linked"]
    scene.collection.objects.link(linked.objects[0])
    save("canary.blend")


os.makedirs(nests, exist_ok=True)
make_library()
make_scene()
# Making them runs them.
for name in os.listdir(nests):
    os.remove(os.path.join(nests, name))

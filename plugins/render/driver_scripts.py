"""Takes from a loaded scene what would run code of its own or write files of its own. Part of driver.py.

Blender's refusal of scripts covers registered text blocks, their handlers and drivers; it does not cover the style modules of Freestyle, which
are Python and run at each render, nor shaders in Open Shading Language, which may write files. (Found with a scene that tries every way.)
"""

import tempfile

import bpy


def compositors():
    """Every node tree that compositing may reach."""
    for scene in bpy.data.scenes:
        tree = getattr(scene, "node_tree", None) or getattr(scene, "compositing_node_group", None)
        if tree is not None:
            yield tree
    yield from bpy.data.node_groups


def mute_file_outputs():
    """What they write is no result of the task and belongs to no folder of the job: a scene could name any file of the machine."""
    for tree in compositors():
        for node in tree.nodes:
            if node.type != "OUTPUT_FILE":
                continue
            node.mute = True
            for attribute in ("base_path", "directory"):
                if hasattr(node, attribute):
                    setattr(node, attribute, tempfile.gettempdir())


def uses_shader_scripts(scene):
    settings = getattr(scene, "cycles", None)
    return getattr(settings, "shading_system", False)


def disarm():
    """Returns what will not run, as sentences."""
    left_out = []
    for scene in bpy.data.scenes:
        for layer in scene.view_layers:
            settings = layer.freestyle_settings
            if settings.mode == "SCRIPT" and len(settings.modules) > 0:
                left_out.append(f"Freestyle style modules of the view layer {layer.name} were not run")
            for module in list(settings.modules):
                settings.modules.remove(module)
            settings.mode = "EDITOR"
        if uses_shader_scripts(scene):
            left_out.append(f"Open Shading Language of the scene {scene.name} was not run")
            scene.cycles.shading_system = False
    if bpy.app.autoexec_fail:
        left_out.append(f"a script was not run: {bpy.app.autoexec_fail_message}")
    return left_out

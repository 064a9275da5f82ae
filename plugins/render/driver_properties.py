"""Properties of a scene by path, such as `cycles.samples`. Part of driver.py.

A path is walked name by name through what Blender says its structures have. Nothing is ever evaluated, and no other datablock is reached.
"""

import bpy


def cameras(scene):
    """Data of every camera that the scene renders from."""
    used = [scene.camera, *(marker.camera for marker in scene.timeline_markers)]
    return list(dict.fromkeys(thing.data for thing in used if thing is not None and thing.type == "CAMERA"))


def own(name):
    return lambda scene: [part for part in [getattr(scene, name, None)] if part is not None]


ROOTS = {
    **{name: own(name) for name in ("render", "cycles", "eevee", "display", "display_settings", "view_settings", "world")},
    "camera": cameras,
    "view_layer": lambda scene: [layer for layer in scene.view_layers if layer.use],
}


def curve_lists(action):
    """The animation curves of an action, in lists that they can be removed from."""
    if hasattr(action, "fcurves"):
        return [action.fcurves]
    return [bag.fcurves for layer in action.layers for strip in layer.strips for bag in strip.channelbags]


def property_of(owner, name):
    """What Blender says of a property; None where there is none of this name."""
    return None if name == "rna_type" else owner.bl_rna.properties.get(name)


def bound(scene, limit):
    """Brings a property within what a preset allows. What this Blender does not have needs no bound; what is animated stays animated."""
    root, name = limit["path"].split(".")
    for owner in ROOTS[root](scene):
        known = property_of(owner, name)
        if known is None:
            continue
        rank = known.enum_items.find if known.type == "ENUM" else float
        value, wanted = rank(getattr(owner, name)), rank(limit["value"])
        if value > wanted if limit["side"] == "most" else value < wanted:
            setattr(owner, name, limit["value"])

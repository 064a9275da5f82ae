"""Makes the demonstration's animation: a field of columns that bows to a wandering light. 48 frames that loop, nothing but this script.

Run: blender -b --factory-startup --python-exit-code 1 -P make-demo-scene.py -- OUT.blend
"""

import math
import sys

import bpy

FRAMES = 48
COLUMNS_RADIUS = 13.5
SPACING = 0.62
HORIZON = "e9795f"
SKY_STRENGTH = 0.62


def srgb(text):
    """A colour as designers write it, as Blender wants it."""
    parts = [int(text[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts] + [1.0]


def set_ramp(ramp, stops):
    while len(ramp.elements) > 1:
        ramp.elements.remove(ramp.elements[-1])
    for number, (place, colour) in enumerate(stops):
        element = ramp.elements[0] if number == 0 else ramp.elements.new(place)
        element.position = place
        element.color = srgb(colour)


class Graph:
    """Short words for building a node tree of numbers."""

    def __init__(self, tree):
        self.tree = tree

    def node(self, kind, **settings):
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        return node

    def join(self, output, entry):
        self.tree.links.new(output, entry)

    def math(self, operation, *values):
        node = self.node("ShaderNodeMath", operation=operation)
        for entry, value in zip(node.inputs, values, strict=False):
            if isinstance(value, (int, float)):
                entry.default_value = value
            else:
                self.join(value, entry)
        return node.outputs[0]


def column_material():
    """
    Coloured by how high the column stands, so that the waves are drawn in colour too. The light of the sky is computed here from
    the slope of the surface, and darkens down the shaft: no ray is spent on it, so that few samples give a clean picture.
    """
    material = bpy.data.materials.new("column")
    material.use_nodes = True
    graph = Graph(material.node_tree)
    nodes, join = material.node_tree.nodes, graph.join
    nodes.remove(nodes["Principled BSDF"])

    lift = graph.node("ShaderNodeAttribute", attribute_type="INSTANCER", attribute_name="lift")
    colour = graph.node("ShaderNodeValToRGB")
    colour.color_ramp.interpolation = "B_SPLINE"
    set_ramp(colour.color_ramp, [(0.0, "10123a"), (0.28, "2f1f73"), (0.5, "8f2f86"), (0.68, "f0567a"), (0.85, "ffa552"), (1.0, "fff0b8")])
    join(lift.outputs["Fac"], colour.inputs["Fac"])

    place = graph.node("ShaderNodeSeparateXYZ")
    join(graph.node("ShaderNodeTexCoord").outputs["Object"], place.inputs[0])
    shaft = graph.node("ShaderNodeMapRange", interpolation_type="SMOOTHERSTEP")
    shaft.inputs["From Min"].default_value = -1.9
    shaft.inputs["From Max"].default_value = 0.02
    join(place.outputs["Z"], shaft.inputs["Value"])

    slope = graph.node("ShaderNodeSeparateXYZ")
    join(graph.node("ShaderNodeNewGeometry").outputs["Normal"], slope.inputs[0])
    dome = graph.node("ShaderNodeValToRGB")
    set_ramp(dome.color_ramp, [(0.0, "1c1440"), (0.5, "a2548f"), (1.0, "b9a6e8")])
    join(graph.math("MULTIPLY_ADD", slope.outputs["Z"], 0.5, 0.5), dome.inputs["Fac"])

    ambient = graph.node("ShaderNodeMixRGB", blend_type="MULTIPLY")
    ambient.inputs["Fac"].default_value = 1
    join(colour.outputs["Color"], ambient.inputs[1])
    join(dome.outputs["Color"], ambient.inputs[2])
    glow = graph.node("ShaderNodeEmission")
    join(ambient.outputs[0], glow.inputs["Color"])
    join(graph.math("MULTIPLY", graph.math("POWER", shaft.outputs[0], 1.7), 0.42), glow.inputs["Strength"])

    matte = graph.node("ShaderNodeBsdfDiffuse")
    join(colour.outputs["Color"], matte.inputs["Color"])
    sheen = graph.node("ShaderNodeBsdfGlossy")
    sheen.inputs["Roughness"].default_value = 0.42
    sheen.inputs["Color"].default_value = srgb("ffd9c4")
    skin = graph.node("ShaderNodeMixShader")
    skin.inputs["Fac"].default_value = 0.06
    join(matte.outputs[0], skin.inputs[1])
    join(sheen.outputs[0], skin.inputs[2])
    lit = graph.node("ShaderNodeAddShader")
    join(skin.outputs[0], lit.inputs[0])
    join(glow.outputs[0], lit.inputs[1])
    fade_into_haze(graph, lit, nodes["Material Output"])
    return material


def fade_into_haze(graph, surface, output):
    """What is far takes the colour of the horizon: air without the noise of a real volume."""
    far = graph.node("ShaderNodeMapRange", interpolation_type="SMOOTHSTEP")
    far.inputs["From Min"].default_value = 13
    far.inputs["From Max"].default_value = 27
    far.inputs["To Max"].default_value = 0.93
    haze = graph.node("ShaderNodeEmission")
    haze.inputs["Color"].default_value = srgb(HORIZON)
    haze.inputs["Strength"].default_value = SKY_STRENGTH
    mix = graph.node("ShaderNodeMixShader")
    graph.join(graph.node("ShaderNodeCameraData").outputs["View Distance"], far.inputs["Value"])
    graph.join(far.outputs[0], mix.inputs["Fac"])
    graph.join(surface.outputs[0], mix.inputs[1])
    graph.join(haze.outputs[0], mix.inputs[2])
    graph.join(mix.outputs[0], output.inputs["Surface"])


def column_shape(material):
    bpy.ops.mesh.primitive_cylinder_add(vertices=6, radius=0.335, depth=3.2, location=(0, 0, -1.6))
    column = bpy.context.object
    column.name = "column"
    bpy.ops.object.transform_apply(location=True)
    bevel = column.modifiers.new("bevel", "BEVEL")
    bevel.width = 0.05
    bevel.segments = 2
    bpy.ops.object.modifier_apply(modifier="bevel")
    bpy.ops.object.shade_smooth()
    column.data.use_auto_smooth = True
    column.data.auto_smooth_angle = math.radians(40)
    column.data.materials.append(material)
    column.hide_render = True
    column.location = (0, 0, -50)
    return column


def lattice():
    """A mesh whose points are the places of the columns: a honeycomb cut to a disc."""
    places = []
    rows = int(COLUMNS_RADIUS / (SPACING * 0.866)) + 1
    for row in range(-rows, rows + 1):
        for place in range(-rows, rows + 1):
            x = (place + 0.5 * (row % 2)) * SPACING
            y = row * SPACING * 0.866
            if math.hypot(x, y) < COLUMNS_RADIUS:
                places.append((x, y, 0))
    mesh = bpy.data.meshes.new("field")
    mesh.from_pydata(places, [], [])
    field = bpy.data.objects.new("field", mesh)
    bpy.context.scene.collection.objects.link(field)
    return field


def wave(graph, orb):
    """Height of a column: rings that run outwards, a swell that turns, and a hollow with a rim under the light."""
    place = graph.node("GeometryNodeInputPosition").outputs[0]
    split = graph.node("ShaderNodeSeparateXYZ")
    graph.join(place, split.inputs[0])
    x, y = split.outputs[0], split.outputs[1]
    frame = graph.node("GeometryNodeInputSceneTime").outputs["Frame"]
    phase = graph.math("MULTIPLY", frame, 2 * math.pi / FRAMES)
    radius = graph.math("SQRT", graph.math("ADD", graph.math("MULTIPLY", x, x), graph.math("MULTIPLY", y, y)))
    rings = graph.math("SINE", graph.math("SUBTRACT", graph.math("MULTIPLY", radius, 1.15), graph.math("MULTIPLY", phase, 2)))
    turn = graph.math("SINE", graph.math("ADD", graph.math("ADD", graph.math("MULTIPLY", x, 0.42), graph.math("MULTIPLY", y, -0.3)), phase))
    info = graph.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    info.inputs[0].default_value = orb
    offset = graph.node("ShaderNodeVectorMath", operation="SUBTRACT")
    graph.join(place, offset.inputs[0])
    graph.join(info.outputs["Location"], offset.inputs[1])
    flat = graph.node("ShaderNodeVectorMath", operation="MULTIPLY")
    graph.join(offset.outputs[0], flat.inputs[0])
    flat.inputs[1].default_value = (1, 1, 0)
    length = graph.node("ShaderNodeVectorMath", operation="LENGTH")
    graph.join(flat.outputs[0], length.inputs[0])
    distance = length.outputs["Value"]
    hollow = graph.math("EXPONENT", graph.math("MULTIPLY", graph.math("MULTIPLY", distance, distance), -0.55))
    away = graph.math("SUBTRACT", distance, 2.1)
    rim = graph.math("EXPONENT", graph.math("MULTIPLY", graph.math("MULTIPLY", away, away), -1.3))
    height = graph.math("ADD", graph.math("MULTIPLY", rings, 0.34), graph.math("MULTIPLY", turn, 0.42))
    height = graph.math("ADD", height, graph.math("MULTIPLY", rim, 0.75))
    return graph.math("SUBTRACT", height, graph.math("MULTIPLY", hollow, 1.25))


def grow(field, column, orb):
    tree = bpy.data.node_groups.new("columns", "GeometryNodeTree")
    tree.inputs.new("NodeSocketGeometry", "Geometry")
    tree.outputs.new("NodeSocketGeometry", "Geometry")
    graph = Graph(tree)
    entry, leave = graph.node("NodeGroupInput"), graph.node("NodeGroupOutput")
    height = wave(graph, orb)
    shape = graph.node("GeometryNodeObjectInfo")
    shape.inputs[0].default_value = column
    lift = graph.node("ShaderNodeMapRange")
    graph.join(height, lift.inputs["Value"])
    lift.inputs["From Min"].default_value = -1.0
    lift.inputs["From Max"].default_value = 1.15
    instances = graph.node("GeometryNodeInstanceOnPoints")
    graph.join(entry.outputs[0], instances.inputs["Points"])
    graph.join(shape.outputs["Geometry"], instances.inputs["Instance"])
    upwards = graph.node("ShaderNodeCombineXYZ")
    graph.join(height, upwards.inputs["Z"])
    store = graph.node("GeometryNodeStoreNamedAttribute", data_type="FLOAT", domain="INSTANCE")
    store.inputs["Name"].default_value = "lift"
    value = next(socket for socket in store.inputs if socket.name == "Value" and socket.type == "VALUE")
    # The field is taken before the columns move, or a moved column would see another height.
    graph.join(instances.outputs[0], store.inputs[0])
    graph.join(lift.outputs[0], value)
    move = graph.node("GeometryNodeTranslateInstances")
    move.inputs["Local Space"].default_value = False
    graph.join(store.outputs[0], move.inputs[0])
    graph.join(upwards.outputs[0], move.inputs["Translation"])
    graph.join(move.outputs[0], leave.inputs[0])
    field.modifiers.new("columns", "NODES").node_group = tree


def wandering_light():
    """A glowing ball with a lamp inside: the ball is seen, the lamp alone gives light, which keeps noise away."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=48, ring_count=24, radius=0.42)
    orb = bpy.context.object
    orb.name = "light"
    bpy.ops.object.shade_smooth()
    glow = bpy.data.materials.new("glow")
    glow.use_nodes = True
    nodes, links = glow.node_tree.nodes, glow.node_tree.links
    nodes.remove(nodes["Principled BSDF"])
    emission = nodes.new("ShaderNodeEmission")
    facing = nodes.new("ShaderNodeLayerWeight")
    facing.inputs["Blend"].default_value = 0.35
    ramp = nodes.new("ShaderNodeValToRGB")
    set_ramp(ramp.color_ramp, [(0.0, "fff3cf"), (0.5, "ffc872"), (1.0, "ff8a3d")])
    links.new(facing.outputs["Facing"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], emission.inputs["Color"])
    emission.inputs["Strength"].default_value = 3.2
    links.new(emission.outputs[0], nodes["Material Output"].inputs["Surface"])
    orb.data.materials.append(glow)
    for ray in ("diffuse", "glossy", "transmission", "shadow"):
        setattr(orb, f"visible_{ray}", False)
    lamp = bpy.data.lights.new("lamp", "POINT")
    lamp.energy = 800
    lamp.color = srgb("ffc27a")[:3]
    lamp.shadow_soft_size = 0.3
    lamp_object = bpy.data.objects.new("lamp", lamp)
    lamp_object.parent = orb
    bpy.context.scene.collection.objects.link(lamp_object)
    for frame in range(1, FRAMES + 2, 2):
        angle = 2 * math.pi * (frame - 1) / FRAMES
        orb.location = (3.4 * math.cos(angle), 2.1 * math.sin(2 * angle) - 0.6, 1.55 + 0.3 * math.cos(2 * angle))
        orb.keyframe_insert("location", frame=frame)
    return orb


def sky():
    """Dusk, as the camera sees it; the columns know of it by themselves."""
    world = bpy.data.worlds.new("dusk")
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    place = nodes.new("ShaderNodeTexCoord")
    split = nodes.new("ShaderNodeSeparateXYZ")
    scale = nodes.new("ShaderNodeMapRange")
    scale.inputs["From Min"].default_value = -0.17
    scale.inputs["From Max"].default_value = 0.16
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.interpolation = "EASE"
    set_ramp(ramp.color_ramp, [(0.0, HORIZON), (0.17, "e06a70"), (0.32, "9c3f80"), (0.5, "43287a"), (0.72, "1d1d58"), (1.0, "0b0e35")])
    links.new(place.outputs["Generated"], split.inputs[0])
    links.new(split.outputs["Z"], scale.inputs["Value"])
    links.new(scale.outputs[0], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = SKY_STRENGTH


def low_sun():
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy = 1.6
    sun.angle = math.radians(1.5)
    sun.color = srgb("ff9d7a")[:3]
    thing = bpy.data.objects.new("sun", sun)
    thing.rotation_euler = (math.radians(68), 0, math.radians(205))
    bpy.context.scene.collection.objects.link(thing)


def camera(orb):
    scene = bpy.context.scene
    pivot = bpy.data.objects.new("pivot", None)
    scene.collection.objects.link(pivot)
    data = bpy.data.cameras.new("camera")
    data.lens = 46
    data.dof.use_dof = True
    data.dof.focus_object = orb
    data.dof.aperture_fstop = 1.1
    thing = bpy.data.objects.new("camera", data)
    thing.parent = pivot
    thing.location = (0, -12.6, 4.3)
    scene.collection.objects.link(thing)
    target = bpy.data.objects.new("target", None)
    target.location = (0, 0.4, 0.95)
    scene.collection.objects.link(target)
    track = thing.constraints.new("TRACK_TO")
    track.target = target
    # The camera sways and comes back, so that the film can be shown round and round.
    for frame in range(1, FRAMES + 2, 4):
        angle = 2 * math.pi * (frame - 1) / FRAMES
        pivot.rotation_euler = (0, 0, math.radians(16) * math.sin(angle))
        pivot.keyframe_insert("rotation_euler", frame=frame)
    scene.camera = thing


def settings():
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = 480, 270, 100
    render.fps = 24
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGB"
    render.filter_size = 1.7
    scene.view_settings.view_transform = "Filmic"
    scene.view_settings.look = "High Contrast"
    scene.view_settings.exposure = 0.45
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = 9
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    # Only light that comes straight from sun and lamp is traced.
    cycles.max_bounces = 0
    scene.world.cycles_visibility.diffuse = False
    scene.world.cycles_visibility.glossy = False
    scene.world.cycles.sampling_method = "NONE"


def bloom():
    """Lets the brightest places shine over their edges."""
    scene = bpy.context.scene
    scene.use_nodes = True
    nodes, links = scene.node_tree.nodes, scene.node_tree.links
    glare = nodes.new("CompositorNodeGlare")
    glare.glare_type = "FOG_GLOW"
    glare.quality = "HIGH"
    glare.threshold = 1.1
    glare.size = 7
    glare.mix = -0.3
    links.new(nodes["Render Layers"].outputs["Image"], glare.inputs["Image"])
    links.new(glare.outputs["Image"], nodes["Composite"].inputs["Image"])


def main():
    out = sys.argv[sys.argv.index("--") + 1]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    column = column_shape(column_material())
    orb = wandering_light()
    grow(lattice(), column, orb)
    sky()
    low_sun()
    camera(orb)
    settings()
    bloom()
    bpy.ops.wm.save_as_mainfile(filepath=out, compress=True)


main()

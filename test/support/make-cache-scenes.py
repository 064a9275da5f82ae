"""Scenes each of which needs another kind of cache: of meshes, simulations, fluids, volumes.

Run: blender -b --factory-startup -P this.py -- FOLDER. Writes FOLDER/KIND/project/scene.blend and beside it, below FOLDER/KIND, what it needs.
"""

import os
import shutil
import struct
import sys

import bpy

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene_kit import begin, glowing, grid, place, plane, save, shaped  # noqa: E402


def misty(thing):
    material = bpy.data.materials.new("mist")
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    density, glow, output = nodes.new("ShaderNodeAttribute"), nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    density.attribute_name = "density"
    material.node_tree.links.new(density.outputs["Fac"], glow.inputs["Strength"])
    material.node_tree.links.new(glow.outputs[0], output.inputs["Volume"])
    thing.data.materials.append(material)


scene = begin("mesh-cache")
thing = plane()
glowing(thing, shaped)
shapes = [(-1, -1, 0, 1, -0.5, 0, -0.5, 1, 0, 1.4, 1.2, 0)] * 4
with open(place("caches", "plane.mdd"), "wb") as file:
    file.write(struct.pack(">2i4f", 4, 4, 0, 1, 2, 3) + b"".join(struct.pack(">12f", *shape) for shape in shapes))
cache = thing.modifiers.new("cache", "MESH_CACHE")
cache.cache_format, cache.filepath, cache.frame_start = "MDD", "//../caches/plane.mdd", 0
save()

scene = begin("point-cache")
scene.frame_end = 12
thing = grid(8)
glowing(thing, shaped)
cloth = thing.modifiers.new("cloth", "CLOTH")
pinned = thing.vertex_groups.new(name="pinned")
pinned.add([0, 8], 1, "REPLACE")
cloth.settings.vertex_group_mass = "pinned"
cloth.point_cache.frame_end = 12
cloth.point_cache.use_disk_cache = True
scene.gravity = (4, 0, -9)
bpy.ops.ptcache.bake_all(bake=True)
save()

scene = begin("external-cache")
scene.frame_end = 12
thing = grid(8)
glowing(thing, shaped)
cloth = thing.modifiers.new("cloth", "CLOTH")
cloth.point_cache.frame_end = 12
cloth.point_cache.name = "fall"
cloth.point_cache.use_disk_cache = True
scene.gravity = (4, 0, -9)
bpy.ops.ptcache.bake_all(bake=True)
shutil.move(place("project", "blendcache_scene"), place("caches"))
cloth.point_cache.use_external = True
cloth.point_cache.filepath = place("caches", "")
save()

scene = begin("smoke")
bpy.ops.mesh.primitive_cube_add(size=3)
domain = bpy.context.object
domain.name = "domain"
settings = domain.modifiers.new("fluid", "FLUID")
settings.fluid_type = "DOMAIN"
settings = settings.domain_settings
settings.domain_type, settings.resolution_max = "GAS", 12
settings.cache_type, settings.cache_data_format = "ALL", "OPENVDB"
settings.cache_frame_start, settings.cache_frame_end = 1, 3
settings.cache_directory = "//../smoke"
bpy.ops.mesh.primitive_ico_sphere_add(radius=0.6)
flow = bpy.context.object.modifiers.new("fluid", "FLUID")
flow.fluid_type = "FLOW"
flow.flow_settings.flow_type, flow.flow_settings.flow_behavior = "SMOKE", "INFLOW"
bpy.context.object.hide_render = True
misty(domain)
bpy.context.view_layer.objects.active = domain
bpy.ops.fluid.bake_all()
save()
smoke = place("smoke", "data")

scene = begin("volume")
shutil.copy(os.path.join(smoke, sorted(os.listdir(smoke))[-1]), place("volumes", "cloud.vdb"))
volume = bpy.data.volumes.new("cloud")
volume.filepath = "//../volumes/cloud.vdb"
thing = bpy.data.objects.new("cloud", volume)
scene.collection.objects.link(thing)
misty(thing)
save()

scene = begin("multiresolution")
thing = grid(4)
fine = thing.modifiers.new("fine", "MULTIRES")
other = grid(16)
for vertex in other.data.vertices:
    vertex.co.x, vertex.co.z = vertex.co.x * (1.2 + vertex.co.y / 3), vertex.co.y * vertex.co.x
bpy.context.view_layer.objects.active = thing
other.select_set(True)
thing.select_set(True)
bpy.ops.object.multires_subdivide(modifier="fine")
bpy.ops.object.multires_subdivide(modifier="fine")
bpy.ops.object.multires_reshape(modifier="fine")
bpy.data.objects.remove(other)
glowing(thing, shaped)
bpy.ops.object.multires_external_save(filepath=place("details", "relief.btx"), modifier="fine")
save()
fine.filepath = place("details", "relief.btx")
save()

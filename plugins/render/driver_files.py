"""The files a loaded scene refers to: moves paths that did not travel with the scene, and names what is not there. Part of driver.py.

Blender renders on, wrongly and with exit code 0, when a library or an image is missing; Cycles does not even say so.
"""

import os
import re

import bpy

FILE_COLLECTIONS = ("images", "movieclips", "sounds", "fonts", "cache_files", "volumes")
NODE_PATHS = {"TEX_IES": "filepath", "SCRIPT": "filepath"}
MODIFIER_PATHS = {"MESH_CACHE": "filepath", "MULTIRES": "filepath", "OCEAN": "filepath"}
NEEDED = (("images", "image"), ("movieclips", "movie clip"), ("fonts", "font"), ("cache_files", "cache"), ("volumes", "volume"))


def resolve(path, library=None):
    # Two slashes would mean the folder of the scene: a share of Windows is something else.
    share = 2 if path.startswith("\\\\") else 0
    return os.path.normpath(bpy.path.abspath(path[:share] + path[share:].replace("\\", "/"), library=library))


def node_trees():
    """Every node tree in use, with its owner's library."""
    for owners in (bpy.data.materials, bpy.data.worlds, bpy.data.lights, bpy.data.scenes):
        for owner in owners:
            if getattr(owner, "node_tree", None) is not None:
                yield owner.node_tree
    yield from bpy.data.node_groups


def target_of(path_map, path):
    """Blender turns some backslashes into slashes while it loads."""
    return None if path is None else path_map.get(path.replace("\\", "/"))


def reload_libraries(path_map, inputs):
    """A library that is found may link others, so this goes on until nothing changes."""
    moved = True
    while moved:
        moved = False
        for library in list(bpy.data.libraries):
            target = target_of(path_map, library.filepath)
            if target is not None:
                library.filepath = os.path.join(inputs, target)
                library.reload()
                moved = True
                break


def move(item, attribute, path_map, inputs):
    target = target_of(path_map, getattr(item, attribute, None))
    if target is not None:
        setattr(item, attribute, os.path.join(inputs, target))


def point_caches():
    """Of every simulation."""
    for thing in bpy.data.objects:
        for modifier in thing.modifiers:
            if modifier.type in {"CLOTH", "SOFT_BODY"}:
                yield modifier.point_cache
            elif modifier.type == "DYNAMIC_PAINT" and modifier.canvas_settings is not None:
                yield from (surface.point_cache for surface in modifier.canvas_settings.canvas_surfaces)
        yield from (system.point_cache for system in thing.particle_systems)
    for scene in bpy.data.scenes:
        if scene.rigidbody_world is not None:
            yield scene.rigidbody_world.point_cache


def move_strips(path_map, inputs):
    for scene in bpy.data.scenes:
        editor = scene.sequence_editor
        if editor is None:
            continue
        for strip in getattr(editor, "sequences_all", None) or getattr(editor, "strips_all", ()):
            if strip.type == "MOVIE":
                move(strip, "filepath", path_map, inputs)
            elif strip.type == "IMAGE" and strip.elements:
                first = strip.directory + strip.elements[0].filename
                target = target_of(path_map, first)
                if target is not None:
                    strip.directory = os.path.dirname(os.path.join(inputs, target)) + "/"


def remap(path_map, inputs):
    """`path_map`: paths as the scene writes them -> places below `inputs`."""
    if not path_map:
        return
    path_map = {written.replace("\\", "/"): target for written, target in path_map.items()}
    reload_libraries(path_map, inputs)
    for name in FILE_COLLECTIONS:
        for item in getattr(bpy.data, name, ()):
            move(item, "filepath", path_map, inputs)
            for layer in getattr(item, "layers", ()) if name == "cache_files" else ():
                move(layer, "filepath", path_map, inputs)
    for cache in point_caches():
        if cache.use_external:
            move(cache, "filepath", path_map, inputs)
    for tree in node_trees():
        for node in tree.nodes:
            if node.type in NODE_PATHS:
                move(node, NODE_PATHS[node.type], path_map, inputs)
    for thing in bpy.data.objects:
        for modifier in thing.modifiers:
            if modifier.type in MODIFIER_PATHS:
                move(modifier, MODIFIER_PATHS[modifier.type], path_map, inputs)
            elif modifier.type == "FLUID" and modifier.domain_settings is not None:
                move(modifier.domain_settings, "cache_directory", path_map, inputs)
    move_strips(path_map, inputs)


def newer_than_blender():
    """Blender opens files of its successors as far as it understands them, which makes wrong frames."""
    for name, version in [("The scene", bpy.data.version), *((f"The library {lib.filepath}", lib.version) for lib in bpy.data.libraries)]:
        if tuple(version[:2]) > bpy.app.version[:2]:
            return f"{name} was saved by Blender {version[0]}.{version[1]}; this one is {bpy.app.version_string}."
    return None


def is_packed(item):
    return getattr(item, "packed_file", None) is not None or len(getattr(item, "packed_files", ())) > 0


def is_damaged(path):
    """A file that ends early or is no picture at all. Only what is certain: unknown kinds count as good."""
    with open(path, "rb") as file:
        start = file.read(12)
        if start.startswith(b"\x89PNG\r\n\x1a\n"):
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 12))
            return file.read() != b"\x00\x00\x00\x00IEND\xaeB`\x82"
    if start.startswith((b"\xff\xd8\xff", b"\x76\x2f\x31\x01", b"#?", b"II*\x00", b"MM\x00*", b"RIFF", b"BM", b"SDPX", b"XPDS", b"DDS ", b"8BPS")):
        return False
    import imbuf

    try:
        imbuf.load(path).free()
    except (OSError, ValueError):
        return True
    return False


def picture_problem(path):
    if not os.path.isfile(path):
        return f"{path} is missing"
    return f"{path} is no picture that Blender can read" if is_damaged(path) else None


def tile_paths(image, path):
    if "<UDIM>" in path:
        return [path.replace("<UDIM>", str(tile.number)) for tile in image.tiles]
    if "<UVTILE>" in path:
        return [path.replace("<UVTILE>", f"u{(t.number - 1001) % 10 + 1}_v{(t.number - 1001) // 10 + 1}") for t in image.tiles]
    return [path.replace("1001", str(tile.number)) for tile in image.tiles]


def image_problems(image, path):
    if image.source == "FILE":
        yield picture_problem(path)
    elif image.source == "TILED":
        for tile in tile_paths(image, path):
            yield picture_problem(tile)
    elif image.source == "MOVIE" and not os.path.isfile(path):
        yield f"{path} is missing"


def missing():
    """What is missing whatever the frame, as sentences."""
    found = []
    for library in bpy.data.libraries:
        path = resolve(library.filepath)
        if not is_packed(library) and not os.path.isfile(path):
            found.append(f"library {path} is missing")
        found.extend(f"{thing.name} is missing from library {path}" for thing in library.users_id if getattr(thing, "is_missing", False))
    for name, kind in NEEDED:
        for item in getattr(bpy.data, name, ()):
            if item.users == 0 or is_packed(item) or not item.filepath or item.filepath.startswith("<"):
                continue
            path = resolve(item.filepath, item.library)
            if name == "images":
                found.extend(f"{kind} {problem}" for problem in image_problems(item, path) if problem is not None)
            elif not getattr(item, "is_sequence", False) and getattr(item, "source", "") != "SEQUENCE" and not os.path.isfile(path):
                found.append(f"{kind} {path} is missing")
    return found


def sequences():
    """Image sequences with the settings that say which picture a frame shows."""
    for tree in node_trees():
        for node in tree.nodes:
            image, user = getattr(node, "image", None), getattr(node, "image_user", None)
            if image is None or image.source != "SEQUENCE" or is_packed(image):
                continue
            # The compositor's image node carries these settings itself.
            yield image, user if user is not None else node


def picture_of(image, user, frame):
    """As Blender counts: from the user's first frame, round or held at the ends, plus an offset."""
    duration = user.frame_duration
    if duration < 1:
        return None
    place = frame - user.frame_start + 1
    place = ((place - 1) % duration) + 1 if user.use_cyclic else min(max(place, 1), duration)
    path = resolve(image.filepath, image.library)
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    match = re.match(r"^(.*?)(\d+)(\D*)$", stem)
    if match is None:
        return path
    number = str(place + user.frame_offset).zfill(len(match[2]))
    return os.path.join(folder, f"{match[1]}{number}{match[3]}{extension}")


def missing_at(scene, frame):
    """What is missing for this frame: pictures of sequences."""
    found = []
    for image, user in sequences():
        if scene.render.engine != "CYCLES" and not user.use_auto_refresh:
            continue
        path = picture_of(image, user, frame)
        problem = None if path is None else picture_problem(path)
        if problem is not None and f"image {problem}" not in found:
            found.append(f"image {problem}")
    return found

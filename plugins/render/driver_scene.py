"""Applies a job's overrides to a scene. Part of driver.py."""

import bpy

import driver_overrides
import driver_properties

ENGINES = {
    "cycles": ("CYCLES",),
    "eevee": ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE"),
    "workbench": ("BLENDER_WORKBENCH",),
}


def choose_engine(scene, engine):
    for identifier in ENGINES[engine]:
        try:
            scene.render.engine = identifier
            return None
        except TypeError:
            continue
    return f"This Blender has no engine {engine}."


def choose_camera(scene, name):
    camera = bpy.data.objects.get(name)
    if camera is None or camera.type != "CAMERA":
        return f'The scene has no camera "{name}".'
    scene.camera = camera
    for marker in scene.timeline_markers:
        marker.camera = None
    return None


def choose_view_layer(scene, name):
    if name not in scene.view_layers:
        return f'The scene has no view layer "{name}".'
    for layer in scene.view_layers:
        layer.use = layer.name == name
    return None


def choose_samples(scene, samples):
    if scene.render.engine == "CYCLES":
        scene.cycles.samples = samples
    elif "EEVEE" in scene.render.engine:
        scene.eevee.taa_render_samples = samples


def denoiser_problem(scene):
    """Debian's Blender has no OpenImageDenoise and then writes no frame."""
    if scene.render.engine != "CYCLES" or not scene.cycles.use_denoising:
        return None
    if not any(layer.use and layer.cycles.use_denoising for layer in scene.view_layers):
        return None
    import _cycles

    if getattr(_cycles, "with_openimagedenoise", False):
        return None
    return "The scene wants its frames denoised, and this Blender was built without a denoiser. Render without: --denoise off."


SIMULATIONS = {"CLOTH", "DYNAMIC_PAINT", "FLUID", "SOFT_BODY"}


def is_simulated(thing):
    if any(system.settings.type == "EMITTER" for system in thing.particle_systems):
        return True
    return any(modifier.type in SIMULATIONS for modifier in thing.modifiers)


def may_keep_data(scene):
    """
    Blender's persistent data makes other frames than a plain Blender does where it misses a change: render settings that are
    animated, surfaces diced for the camera, particles. (Found by comparing pixels; such scenes are loaded anew for each frame.)
    """
    if scene.rigidbody_world is not None or any(is_simulated(thing) for thing in scene.objects):
        return False
    animation = scene.animation_data
    if animation is not None:
        lists = [] if animation.action is None else driver_properties.curve_lists(animation.action)
        curves = [*animation.drivers, *(curve for curves in lists for curve in curves)]
        if len(animation.nla_tracks) > 0 or any(curve.data_path.startswith("render.") for curve in curves):
            return False
    if scene.render.engine == "CYCLES" and scene.cycles.feature_set == "EXPERIMENTAL":
        return not any(getattr(thing.cycles, "use_adaptive_subdivision", False) for thing in scene.objects)
    return True


def choose_format(scene, name):
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE" if name == "OPEN_EXR_MULTILAYER" else "IMAGE"
    if settings.file_format == name:
        return None
    try:
        settings.file_format = name
    except TypeError:
        return f"This Blender cannot write {name}."
    return None


def drop_notes(render):
    """
    Notes beside the picture tell when and how long it was rendered and from which path, and Cycles adds its own as soon as there is
    any. With them two renders of one frame are two different results, which after a partition looks like a conflict. Burnt into the
    picture they are the user's wish.
    """
    if not render.use_stamp:
        for note in [name for name in dir(render) if name.startswith("use_stamp_")]:
            # Hidden labels count as a note.
            setattr(render, note, note == "use_stamp_labels")


def apply(scene, script, threads):
    """Returns why the scene cannot be rendered, or None. Raises driver_overrides.Unsettable."""
    render = scene.render
    problem = choose_engine(scene, script["engine"]) if script["engine"] else None
    problem = problem or (choose_camera(scene, script["camera"]) if script["camera"] else None)
    problem = problem or (choose_view_layer(scene, script["viewLayer"]) if script.get("viewLayer") else None)
    problem = problem or choose_format(scene, script["format"])
    if problem is not None:
        return problem
    for limit in script.get("bounds", []):
        driver_properties.bound(scene, limit)
    driver_overrides.apply(scene, script.get("overrides", []))
    if script["samples"]:
        choose_samples(scene, script["samples"])
    if script["resolution"]:
        render.resolution_x = script["resolution"]["x"]
        render.resolution_y = script["resolution"]["y"]
        render.resolution_percentage = script["resolution"]["percentage"]
    if script["denoise"] is not None and render.engine == "CYCLES":
        scene.cycles.use_denoising = script["denoise"]
        if script["denoise"]:
            for layer in scene.view_layers:
                layer.cycles.use_denoising = True
    render.use_persistent_data = may_keep_data(scene)
    drop_notes(render)
    render.use_file_extension = True
    render.use_overwrite = True
    render.use_placeholder = False
    render.threads_mode = "FIXED"
    render.threads = max(1, threads)
    return denoiser_problem(scene)

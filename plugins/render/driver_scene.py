"""Applies a job's overrides to a scene. Part of driver.py."""

import bpy

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


def apply(scene, script, threads):
    """Returns why the scene cannot be rendered, or None."""
    render = scene.render
    problem = choose_engine(scene, script["engine"]) if script["engine"] else None
    problem = problem or (choose_camera(scene, script["camera"]) if script["camera"] else None)
    problem = problem or choose_format(scene, script["format"])
    if problem is not None:
        return problem
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
    render.use_persistent_data = True
    render.use_file_extension = True
    render.use_overwrite = True
    render.use_placeholder = False
    render.threads_mode = "FIXED"
    render.threads = max(1, threads)
    return denoiser_problem(scene)

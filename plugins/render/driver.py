"""Keeps one Blender busy: loads a scene once and renders the frames it is asked for.

Run by run.ts as `blender --background ... --python driver.py -- FD`. Commands are JSON lines on standard input, answers are JSON
lines on file descriptor FD, which nothing else in Blender writes to. After each answer a mark on standard output and error says
that everything Blender had to say about the command has been said.
"""

import ctypes
import json
import os
import signal
import sys
import traceback

import bpy

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import driver_files  # noqa: E402
import driver_look  # noqa: E402
import driver_overrides  # noqa: E402
import driver_scene  # noqa: E402
import driver_scripts  # noqa: E402

libc = ctypes.CDLL(None)


class Refused(Exception):
    """What cannot be done: a code of supervm's error table, and why."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def die_with_parent():
    """Linux ends this process when the session that started it is killed, so that no Blender goes on without an owner."""
    if sys.platform == "linux":
        parent = os.getppid()
        libc.prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


class Driver:
    def __init__(self):
        self.scene = None
        self.inputs = ""

    def load(self, command):
        script = command["script"]
        self.inputs = command["inputs"]
        allowed = script.get("allowScripts") is True
        path = os.path.join(self.inputs, script["scene"])
        os.chdir(os.path.dirname(path))
        try:
            bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=allowed)
        except RuntimeError as error:
            code = "scene-too-new" if "newer" in str(error) else "not-a-scene"
            raise Refused(code, str(error).strip()) from None
        driver_files.remap(script["pathMap"], self.inputs)
        driver_scripts.mute_file_outputs()
        newer = driver_files.newer_than_blender()
        if newer is not None:
            raise Refused("scene-too-new", newer)
        self.scene = bpy.data.scenes.get(script["sceneName"])
        if self.scene is None:
            raise Refused("scene-unrenderable", f"The file has no scene \"{script['sceneName']}\".")
        try:
            problem = driver_scene.apply(self.scene, script, command["threads"])
        except driver_overrides.Unsettable as error:
            raise Refused("bad-setting", str(error)) from None
        if problem is not None:
            raise Refused("scene-unrenderable", problem)
        # After what the job sets, which may ask for scripts as the scene does.
        warnings = [] if allowed else driver_scripts.disarm()
        channels = driver_look.channels_wanted(self.scene.render.image_settings)
        return {"missing": driver_files.missing(), "warnings": warnings, "version": bpy.app.version_string, **channels}

    def render(self, command):
        """Renders one frame the way `blender -a` does: setting the frame from Python before makes some frames differ from it."""
        scene, frame = self.scene, command["frame"]
        missing = driver_files.missing_at(scene, frame)
        if missing and not command["allowMissing"]:
            return {"missing": missing}
        # Frames below 0 cannot be the scene's first: they are rendered as stills.
        is_animation = frame >= 0
        if is_animation:
            scene.frame_start = scene.frame_end = frame
            scene.frame_step = 1
        else:
            scene.frame_set(frame)
        scene.render.filepath = command["pattern"] if is_animation else command["path"]
        try:
            bpy.ops.render.render(animation=is_animation, write_still=not is_animation, scene=scene.name)
        except RuntimeError as error:
            raise Refused("render-error", str(error).strip()) from None
        return {"missing": missing}

    def check(self, command):
        """Reads a frame back, for formats that only Blender decodes."""
        image = bpy.data.images.load(command["path"], check_existing=False)
        try:
            width, height = image.size
            # Asking for a pixel makes Blender decode.
            readable = len(image.pixels) > 0 and image.pixels[0] is not None and image.has_data
            return {"width": width, "height": height, "readable": readable, **(driver_look.look_of(image) if readable else {})}
        finally:
            bpy.data.images.remove(image)


def main():
    die_with_parent()
    answers = os.fdopen(int(sys.argv[sys.argv.index("--") + 1]), "w", encoding="utf-8")
    driver = Driver()
    commands = {"load": driver.load, "render": driver.render, "check": driver.check}
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"ok": True, **commands[command["command"]](command)}
        except Refused as refusal:
            answer = {"ok": False, "code": refusal.code, "message": str(refusal)}
        except Exception as error:  # an answer must come, whatever Blender raises
            traceback.print_exc()
            answer = {"ok": False, "code": "task-failed", "message": f"{type(error).__name__}: {error}"}
        sys.stdout.flush()
        sys.stderr.flush()
        libc.fflush(None)
        mark = f"\nsupervm-answered {command['id']}\n".encode()
        os.write(1, mark)
        os.write(2, mark)
        answers.write(json.dumps({"id": command["id"], **answer}) + "\n")
        answers.flush()


main()

"""Sets what a job overrides by path and value. Part of driver.py."""

import difflib
import re

import bpy

import driver_properties

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
WHOLE = re.compile(r"[+-]?[0-9]{1,10}")
NUMBER = re.compile(r"[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
TRUTHS = {"true": True, "false": False}
FILES = {"FILE_PATH", "DIR_PATH", "FILE_NAME"}


class Unsettable(Exception):
    """Why a property cannot be set: the job is wrong, whichever node has it."""


def unknown(owner, name, before):
    known = [each for each in owner.bl_rna.properties.keys() if driver_properties.property_of(owner, each) is not None]
    close = difflib.get_close_matches(name, known, 1)
    return Unsettable(f'{before} has no property "{name}"' + (f' (perhaps "{close[0]}" is meant)' if close else ""))


def walk(owner, names):
    """The structure that the last name belongs to."""
    before = names[0]
    for name in names[1:-1]:
        known = driver_properties.property_of(owner, name)
        if known is None:
            raise unknown(owner, name, before)
        inner = getattr(owner, name) if known.type == "POINTER" else None
        before = f"{before}.{name}"
        if inner is None or isinstance(inner, bpy.types.ID):
            raise Unsettable(f"{before} has no properties that can be set")
        owner = inner
    return owner, before


def one_of(known, text):
    if known.type == "BOOLEAN":
        if text not in TRUTHS:
            raise Unsettable("it is true or false")
        return TRUTHS[text]
    is_whole = known.type == "INT"
    if not (WHOLE if is_whole else NUMBER).fullmatch(text):
        raise Unsettable("it is a whole number" if is_whole else "it is a number")
    value = int(text) if is_whole else float(text)
    # Bounds are in single precision: 0.1 is not below 0.1.
    slack = 0 if is_whole else 1e-6 * abs(value)
    if not known.hard_min - slack <= value <= known.hard_max + slack:
        least, most = (str(side) if is_whole else f"{side:g}" for side in (known.hard_min, known.hard_max))
        raise Unsettable(f"it is from {least} to {most}")
    return value


def typed(owner, known, text):
    """The value as the property's type has it."""
    if known.is_readonly:
        raise Unsettable("it cannot be set")
    if known.type == "STRING":
        if known.subtype in FILES:
            raise Unsettable("it names a file, which would not travel with the scene")
        if 0 < known.length_max < len(text.encode()):
            raise Unsettable(f"it has at most {known.length_max} bytes")
        return text
    if known.type == "ENUM" and not known.is_enum_flag:
        return text
    if known.type not in ("BOOLEAN", "INT", "FLOAT"):
        raise Unsettable("it is of a kind that cannot be set")
    if not known.is_array:
        return one_of(known, text)
    parts = [part for part in re.split(r"[,\s]+", text) if part]
    count = len(getattr(owner, known.identifier))
    if len(parts) != count:
        raise Unsettable(f"it is {count} values with commas between them")
    return [one_of(known, part) for part in parts]


def keep_still(owner, name):
    """An animated property would change back with the next frame."""
    animation = owner.id_data.animation_data
    if animation is None:
        return
    try:
        path = owner.path_from_id(name)
    except ValueError:  # what has no path is not animated
        return
    strips = [strip for track in animation.nla_tracks for strip in track.strips]
    actions = [action for action in [animation.action, *(strip.action for strip in strips)] if action is not None]
    for curves in [animation.drivers, *(curves for action in actions for curves in driver_properties.curve_lists(action))]:
        for curve in [curve for curve in curves if curve.data_path == path]:
            curves.remove(curve)


def assign(owner, known, value):
    try:
        keep_still(owner, known.identifier)
        setattr(owner, known.identifier, value)
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
        words = re.search(r"not found in \((.*)\)", str(error))
        raise Unsettable(f"it is one of {words[1]}" if words else str(error)) from None


def override(scene, path, text):
    names = path.split(".")
    if len(names) < 2 or names[0] not in driver_properties.ROOTS or not all(NAME.fullmatch(name) for name in names):
        raise Unsettable("no property has such a name")
    owners = driver_properties.ROOTS[names[0]](scene)
    if not owners:
        raise Unsettable(f"the scene has no {names[0]}")
    for first in owners:
        owner, before = walk(first, names)
        known = driver_properties.property_of(owner, names[-1])
        if known is None:
            raise unknown(owner, names[-1], before)
        assign(owner, known, typed(owner, known, text))


def apply(scene, overrides):
    """Raises Unsettable, naming the property."""
    for each in overrides:
        try:
            override(scene, each["path"], each["value"])
        except Unsettable as reason:
            raise Unsettable(f"--set {each['path']}={each['value']}: {reason}.") from None

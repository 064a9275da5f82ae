"""What the pixels of a frame show, and what they should have. Part of driver.py."""

import array
import math

CHANNELS = {"BW": 1, "RGB": 3, "RGBA": 4}
# Of the others a file does not tell: WebP leaves out alpha that is opaque, BMP and HDR have no grey.
TELLING = {"PNG", "JPEG", "TIFF", "TARGA", "OPEN_EXR"}
# Of 8 bits, as in png.ts: Blender's dithering makes 1 or 2 of 0.
DARKEST = 2.5 / 255


def channels_wanted(settings):
    """Colour channels of every frame, where its file will tell them. Blender writes grey as colours into OpenEXR."""
    mode = settings.color_mode
    if settings.file_format not in TELLING or mode not in CHANNELS or (settings.file_format == "OPEN_EXR" and mode == "BW"):
        return {}
    return {"channels": CHANNELS[mode]}


def look_of(image):
    """Without numpy, which not every Blender has."""
    values = array.array("f", bytes(4 * len(image.pixels)))
    image.pixels.foreach_get(values)
    width = image.channels
    # Blender itself makes four channels of most; the depth is that of the file.
    look = {"channels": image.depth // (32 if image.is_float else 8)}
    if image.is_float:
        # What is no number makes the sum none, and single precision cannot make a sum of double precision overflow.
        look["hasOnlyNumbers"] = math.isfinite(sum(values))
    colours = [values[colour::width] for colour in range(min(width, 3))]
    if not any(any(each) if image.is_float else max(each) > DARKEST for each in colours):
        look["emptiness"] = "transparent" if width == 4 and not any(values[3::width]) else "black"
    return look

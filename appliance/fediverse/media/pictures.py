# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is done to a picture, inside the cage: decoded, turned as it was held, made smaller, and written anew.

Nothing of the old file survives but its pixels: no place where it was taken, no comment, nothing hidden behind it.
Only the child imports this, since Pillow is heavy.
"""

import contextlib
import io
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence

from appliance.fediverse.media import blurhash
from appliance.fediverse.media.limits import IMAGE_PIXELS, MEGABYTE, MOVING_PIXELS, SIZES, SMALL, Size
from appliance.fediverse.model import MediaPurpose
from appliance.system.files import SystemFiles

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
LARGE_PNG = 2 * MEGABYTE
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ENDINGS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
_WRITING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 85, "method": 4},
}


class Unfit(Exception):
    """Not a picture that is taken here."""


@dataclass(frozen=True)
class Picture:
    """The answer of the child. Files are called original.ENDING and small.ENDING in its folder."""

    moving: bool
    ending: str
    width: int
    height: int
    small_ending: str
    small_width: int
    small_height: int
    blurhash: str


def make(source: Path, folder: Path, purpose: MediaPurpose, *, movement: bool) -> dict[str, Any]:
    """With `movement` a moving GIF is kept moving. Raises Unfit."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = IMAGE_PIXELS
    try:
        with Image.open(source, formats=FORMATS) as image:
            return asdict(_make(image, folder, purpose, movement=movement))
    except MemoryError:
        raise Unfit("too large") from None
    except (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError, Warning) as error:
        raise Unfit(str(error)) from None
    except Image.DecompressionBombError as error:
        raise Unfit(str(error)) from None


def _make(image: Image.Image, folder: Path, purpose: MediaPurpose, *, movement: bool) -> Picture:
    kind = image.format or ""
    width, height = image.size
    if width < 1 or height < 1 or width * height > IMAGE_PIXELS:
        raise Unfit("too many pixels")
    frames = int(getattr(image, "n_frames", 1))
    moving = frames > 1 and purpose is MediaPurpose.ATTACHMENT and kind == "GIF"
    if moving and movement and frames * width * height <= MOVING_PIXELS:
        ending, size = "gif", _write_moving(image, folder)
        image.seek(0)
        still = _still(image, SMALL)
    else:
        original = _still(image, SIZES[purpose])
        ending, size = _write(original, folder / "original", _fitting(original, kind)), original.size
        still = original
    small = _fit(still, SMALL)
    small_ending = _write(small, folder / "small", "PNG" if _is_clear(small) else "JPEG")
    return Picture(moving, ending, *size, small_ending, *small.size, _blurhash(small))


def _still(image: Image.Image, size: Size) -> Image.Image:
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    profile = image.info.get("icc_profile")
    # A JPEG can be decoded at a half, a quarter or an eighth: a photograph need never be in memory whole.
    if image.format == "JPEG":
        share = (size.pixels / (image.width * image.height)) ** 0.5
        if not size.width and share < 1:
            image.draft("RGB", (int(image.width * share), int(image.height * share)))
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    mode = "RGBA" if has_alpha else "L" if image.mode == "L" else "RGB"
    # Converting copies even where nothing changes, and memory is short.
    made: Image.Image = image if image.mode == mode else image.convert(mode)
    made = _fit(made, size) if not size.width else made
    made = _in_srgb(made, profile)
    if turn is not None:
        made = made.transpose(turn)
    if size.width:
        made = _cut(made, size)
    return made if _is_clear(made) or made.mode == "L" else made.convert("RGB")


def _fit(image: Image.Image, size: Size) -> Image.Image:
    share = (size.pixels / (image.width * image.height)) ** 0.5
    if share >= 1:
        return image
    target = max(1, round(image.width * share)), max(1, round(image.height * share))
    return image.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _cut(image: Image.Image, size: Size) -> Image.Image:
    share = min(1.0, image.width / size.width, image.height / size.height)
    target = max(1, round(size.width * share)), max(1, round(size.height * share))
    return ImageOps.fit(image, target, Image.Resampling.LANCZOS)


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Phones take pictures in wider colours: said in the ordinary ones, they need no profile."""
    if not isinstance(profile, bytes) or image.mode not in ("RGB", "RGBA"):
        return image
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        made = ImageCms.profileToProfile(image.convert("RGB"), source, ImageCms.createProfile("sRGB"))
        if made is not None:
            if alpha is not None:
                made.putalpha(alpha)
            return made
    return image


def _fitting(image: Image.Image, kind: str) -> str:
    """The format to keep a picture in: its own, as far as it is one for still pictures."""
    return "PNG" if kind in ("GIF", "PNG") or (kind == "JPEG" and _is_clear(image)) else kind


def _is_clear(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def _write(image: Image.Image, path: Path, kind: str) -> str:
    if kind == "JPEG" and image.mode != "L":
        image = image.convert("RGB")
    image.info = {}
    ending = _ENDINGS[kind]
    data = io.BytesIO()
    image.save(data, kind, **_WRITING[kind])
    if kind == "PNG" and data.tell() > LARGE_PNG and not _is_clear(image):
        return _write(image, path, "JPEG")  # a photograph, in the wrong form
    with SystemFiles().create(path.with_suffix(f".{ending}")) as file:
        file.write(data.getbuffer())
    return ending


def _write_moving(image: Image.Image, folder: Path) -> tuple[int, int]:
    frames, pauses = [], []
    for frame in ImageSequence.Iterator(image):
        pauses.append(max(20, min(10_000, int(frame.info.get("duration", 100) or 100))))
        made = frame.convert("RGBA")
        made.info = {}
        frames.append(made)
    first, *rest = frames
    first.save(folder / "original.gif", "GIF", save_all=True, append_images=rest, duration=pauses, loop=0, disposal=2)
    return first.size


def _blurhash(image: Image.Image) -> str:
    tiny = image.convert("RGBA")
    ground = Image.new("RGBA", tiny.size, (255, 255, 255, 255))
    ground.alpha_composite(tiny)
    tiny = ground.convert("RGB").resize((32, 32), Image.Resampling.BOX)
    flat = tiny.tobytes()
    pixels = [(flat[at], flat[at + 1], flat[at + 2]) for at in range(0, len(flat), 3)]
    across, down = (4, 3) if image.width > image.height else (3, 4) if image.height > image.width else (4, 4)
    return blurhash.encode(pixels, 32, 32, across, down)

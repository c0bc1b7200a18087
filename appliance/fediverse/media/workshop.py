# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workshop: has files worked on by children in cages, and believes nothing they say but numbers in their bounds."""

import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import BadInput, HearthError
from appliance.fediverse.media.limits import FILM_BYTES, IMAGE_PIXELS, MEGABYTE
from appliance.fediverse.model import MediaPurpose
from appliance.parse import from_dict
from appliance.system.cage import Cage
from appliance.system.runner import Runner

PICTURE_SECONDS = 60
_MEMORY = 768 * MEGABYTE
_ROOT = Path(__file__).parent.parent.parent.parent
_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from appliance.fediverse.media import child; child.main(sys.argv[2:])"
)
_ENDINGS = ("jpg", "png", "gif", "webp")
_HASH = 40

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """A picture worked on: `original` and `small` are files in the workplace."""

    original: Path
    ending: str
    width: int
    height: int
    small: Path
    small_ending: str
    small_width: int
    small_height: int
    blurhash: str
    moving: bool


@dataclass(frozen=True)
class _Answer:
    moving: bool
    ending: str
    width: int
    height: int
    small_ending: str
    small_width: int
    small_height: int
    blurhash: str


class Workshop:
    """Takes long and blocks: call it from a thread."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def picture(self, source: Path, folder: Path, purpose: MediaPurpose, *, movement: bool = True) -> Made:
        """Work on the picture `source`; what comes of it lies in `folder`. Raises HearthError media-unfit."""
        cage = Cage(str(folder.resolve()), _MEMORY, PICTURE_SECONDS, FILM_BYTES, (str(source.resolve()),))
        argv = [sys.executable, "-c", _CODE, str(_ROOT), json.dumps(cage.__dict__), str(source.resolve())]
        argv += [purpose.value, "moving" if movement else "still"]
        try:
            done = self._runner.run(argv, timeout=PICTURE_SECONDS * 2, check=False)
        except HearthError as error:
            log.warning("a picture could not be worked on: %s", error)
            raise unfit() from error
        if done.code != 0:
            lines = done.errors.decode(errors="replace").strip().splitlines()
            log.warning("a child that looked at a picture ended with %d: %s", done.code, *(lines[-1:] or [""]))
            raise unfit()
        return _read(done.output, folder)


def unfit() -> HearthError:
    """Mastodon's words."""
    return HearthError("media-unfit", "Validation failed: File content type is invalid, File is invalid", status=422)


def _read(output: bytes, folder: Path) -> Made:
    try:
        answer = from_dict(_Answer, json.loads(output))
    except (ValueError, BadInput):
        raise unfit() from None
    sizes = (answer.width, answer.height, answer.small_width, answer.small_height)
    endings = (answer.ending, answer.small_ending)
    if not all(0 < size <= IMAGE_PIXELS for size in sizes) or not set(endings) <= set(_ENDINGS):
        raise unfit()
    if not answer.blurhash.isascii() or len(answer.blurhash) > _HASH:
        raise unfit()
    return Made(
        original=folder / f"original.{answer.ending}",
        small=folder / f"small.{answer.small_ending}",
        **answer.__dict__,
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workshop: has files worked on by children in cages, and believes nothing they say but numbers in their bounds."""

import json
import logging
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.errors import BadInput, HearthError, Unavailable
from appliance.fediverse.media import film
from appliance.fediverse.media.limits import FILM_BYTES, IMAGE_PIXELS, MEGABYTE
from appliance.fediverse.model import MediaKind, MediaPurpose
from appliance.parse import from_dict
from appliance.system import cage
from appliance.system.cage import Cage
from appliance.system.runner import Runner

PICTURE_SECONDS = 60
PROBE_SECONDS = 30
FILM_SECONDS = 1800
INTERRUPTED = "media-interrupted"
# How children end that were told to: by the signal, or, as ffmpeg does, in good order.
_INTERRUPTED = (-signal.SIGTERM, -signal.SIGINT, 255)
_FILM_MEMORY = 1536 * MEGABYTE
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
class Film:
    """A film or sound worked on. `still` is a picture out of a film."""

    original: Path
    ending: str
    kind: MediaKind
    meta: dict[str, Any]
    still: Made | None = None


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
        walls = Cage(str(folder.resolve()), _MEMORY, PICTURE_SECONDS, FILM_BYTES, (str(source.resolve()),))
        argv = [sys.executable, "-c", _CODE, str(_ROOT), json.dumps(walls.__dict__), str(source.resolve())]
        argv += [purpose.value, "moving" if movement else "still"]
        return _read(self._run(argv, PICTURE_SECONDS * 2), folder)

    def film(self, source: Path, folder: Path) -> Film:
        """A film or a sound that every browser plays, or a moving GIF as a film. Raises HearthError media-unfit."""
        given = str(source.resolve())
        found = film.read(self._caged(film.probe(given), folder, given, PROBE_SECONDS))
        if found is None or not found.is_fit:
            raise unfit()
        silent = found.is_film and not found.audio_codec
        target = folder / ("film.mp4" if found.is_film else "sound.mp3")
        self._caged(film.write(found, given, str(target.resolve()), silent=silent), folder, given, FILM_SECONDS)
        made = film.read(self._caged(film.probe(str(target.resolve())), folder, given, PROBE_SECONDS))
        if made is None or made.is_film != found.is_film:
            raise unfit()
        if not made.is_film:
            return Film(target, "mp3", MediaKind.AUDIO, made.meta())
        picture = folder / "still.png"
        self._caged(film.still(made, str(target.resolve()), str(picture.resolve())), folder, given, PROBE_SECONDS)
        still = self.picture(picture, folder, MediaPurpose.CARD, movement=False)
        return Film(target, "mp4", MediaKind.GIFV if silent else MediaKind.VIDEO, made.meta(), still)

    def _caged(self, argv: list[str], folder: Path, source: str, seconds: int) -> bytes:
        walls = Cage(str(folder.resolve()), _FILM_MEMORY, 2 * seconds, 2 * FILM_BYTES, (source,))
        return self._run(cage.command(walls, argv), seconds)

    def _run(self, argv: list[str], seconds: int) -> bytes:
        try:
            done = self._runner.run(argv, timeout=seconds, check=False)
        except HearthError as error:
            log.warning("a file could not be worked on: %s", error.sentence[:200])
            raise unfit() from error
        if done.code in _INTERRUPTED:
            raise Unavailable(INTERRUPTED, "This work was interrupted.")
        if done.code != 0:
            lines = done.errors.decode(errors="replace").strip().splitlines()
            log.warning("a child that looked at a file ended with %d: %s", done.code, *(lines[-1:] or [""]))
            raise unfit()
        return done.output


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

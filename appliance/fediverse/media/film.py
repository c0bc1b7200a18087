# SPDX-License-Identifier: AGPL-3.0-or-later
"""Films and sounds, by ffmpeg where it is installed: what it is asked to do, and what it says of a file, read."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.errors import HearthError
from appliance.fediverse.media.limits import FILM_PIXELS, FRAME_RATE
from appliance.system.runner import PATH

# A film of this size fills a screen; more takes a small board very long to write.
_LARGEST = 1920 * 1080
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,flac,mp3,aac,gif"
# Nothing but the file itself, whatever is written in it about others.
_READ = ("-protocol_whitelist", "file", "-format_whitelist", _FORMATS)
_QUIET = ("-hide_banner", "-nostdin", "-v", "error", "-y")
# Nothing about where, when and by what it was made.
_BARE = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact")
_EVEN = "scale=trunc(iw*{share}/2)*2:trunc(ih*{share}/2)*2"


def installed() -> bool:
    return _path("ffmpeg") is not None and _path("ffprobe") is not None


def missing() -> HearthError:
    return HearthError(
        "no-films",
        "Validation failed: This server takes pictures only, no video and no sound",
        "Its owner can install ffmpeg.",
        status=422,
    )


@dataclass(frozen=True)
class Footage:
    """What is in a file. Without picture `width` is 0; `rate` is frames a second, as a fraction and as a number."""

    duration: float
    bitrate: int
    video_codec: str = ""
    pixel_format: str = ""
    width: int = 0
    height: int = 0
    rate_text: str = "0/0"
    rate: float = 0.0
    audio_codec: str = ""
    sample_rate: int = 0
    channels: int = 0

    @property
    def is_film(self) -> bool:
        return self.width > 0

    @property
    def is_fit(self) -> bool:
        """Whether it is within the limits of the instance document."""
        if not self.is_film:
            return bool(self.audio_codec)
        return self.width * self.height <= FILM_PIXELS and self.rate <= FRAME_RATE

    @property
    def can_stay(self) -> bool:
        """Whether every browser plays it as it is: then it is only put into another box, which costs nothing."""
        if not self.is_film:
            return self.audio_codec == "mp3"
        return (
            self.video_codec == "h264"
            and self.pixel_format in ("yuv420p", "yuvj420p")
            and self.audio_codec in ("", "aac")
            and self.width * self.height <= _LARGEST
        )

    def meta(self) -> dict[str, Any]:
        """As the Mastodon API has it."""
        seconds = f"{int(self.duration) // 3600}:{int(self.duration) // 60 % 60:02}:{self.duration % 60:05.2f}"
        found: dict[str, Any] = {"length": seconds, "duration": round(self.duration, 2)}
        original: dict[str, Any] = {"duration": self.duration, "bitrate": self.bitrate}
        if self.is_film:
            size = {"width": self.width, "height": self.height}
            found |= {"fps": round(self.rate), "size": f"{self.width}x{self.height}", **size}
            found["aspect"] = self.width / self.height
            original = size | {"frame_rate": self.rate_text} | original
        if self.audio_codec:
            channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
            found |= {"audio_encode": self.audio_codec, "audio_bitrate": f"{self.sample_rate} Hz"}
            found["audio_channels"] = channels
        return found | {"original": original}


def probe(source: str) -> list[str]:
    """The command whose output `read` understands."""
    return [_path("ffprobe") or "", "-v", "error", *_READ, "-of", "json", "-show_format", "-show_streams", source]


def read(output: bytes) -> Footage | None:
    """None for what makes no sense."""
    try:
        told = json.loads(output)
        streams = [each for each in told["streams"] if isinstance(each, dict)]
        return _footage(told["format"], _first(streams, "video"), _first(streams, "audio"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError):
        return None


def write(found: Footage, source: str, target: str, *, silent: bool) -> list[str]:
    """The command that makes a film (mp4) or a sound (mp3) of a file. `silent` leaves the sound out."""
    start = [_path("ffmpeg") or "", *_QUIET, *_READ, "-i", source]
    if not found.is_film:
        codec = ["-c:a", "copy"] if found.can_stay else ["-c:a", "libmp3lame", "-q:a", "3"]
        return [*start, "-map", "0:a:0", "-vn", *codec, *_BARE, "-f", "mp3", target]
    sound = ["-an"] if silent else ["-map", "0:a:0?"]
    if found.can_stay:
        codec = ["-c", "copy"]
    else:
        share = min(1.0, (_LARGEST / (found.width * found.height)) ** 0.5)
        codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-pix_fmt", "yuv420p"]
        codec += ["-vf", _EVEN.format(share=round(share, 4)), "-c:a", "aac", "-b:a", "128k", "-threads", "2"]
    return [*start, "-map", "0:v:0", *sound, *codec, *_BARE, "-movflags", "+faststart", "-f", "mp4", target]


def still(found: Footage, source: str, target: str) -> list[str]:
    """The command that takes one picture out of a film."""
    moment = min(1.0, found.duration / 2)
    return [
        *(_path("ffmpeg") or "", *_QUIET, "-protocol_whitelist", "file", "-ss", f"{moment:.2f}", "-i", source),
        *("-frames:v", "1", "-f", "image2", "-update", "1", "-c:v", "png", target),
    ]


def _first(streams: Sequence[dict[str, Any]], kind: str) -> dict[str, Any]:
    """A cover in a sound file counts as no film."""
    for each in streams:
        cover = (each.get("disposition") or {}).get("attached_pic")
        if each.get("codec_type") == kind and not cover:
            return each
    return {}


def _footage(container: dict[str, Any], video: dict[str, Any], audio: dict[str, Any]) -> Footage:
    rate_text = str(video.get("avg_frame_rate") or "0/0")[:40]
    above, _, below = rate_text.partition("/")
    duration = float(container.get("duration") or video.get("duration") or audio.get("duration") or 0)
    width, height = int(video.get("width", 0)), int(video.get("height", 0))
    if video and (width < 1 or height < 1):
        raise ValueError("a film without size")
    if not 0 <= duration < 1e6:
        raise ValueError("a film without end")
    # Held upright it is as wide as it was high.
    if any(abs(int(each.get("rotation", 0))) % 180 == 90 for each in video.get("side_data_list") or ()):
        width, height = height, width
    return Footage(
        duration=duration,
        bitrate=int(container.get("bit_rate") or 0),
        video_codec=str(video.get("codec_name", "")),
        pixel_format=str(video.get("pix_fmt", "")),
        width=width,
        height=height,
        rate_text=rate_text,
        rate=float(above) / float(below or 1) if float(below or 1) else 0.0,
        audio_codec=str(audio.get("codec_name", ""))[:20],
        sample_rate=int(audio.get("sample_rate", 0)),
        channels=int(audio.get("channels", 0)),
    )


def _path(program: str) -> str | None:
    return shutil.which(program, path=PATH)

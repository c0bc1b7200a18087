# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file is, by its first bytes: what its sender calls it counts for nothing."""

from dataclasses import dataclass

from appliance.fediverse.model import MediaKind

HEAD = 512


@dataclass(frozen=True)
class FileType:
    kind: MediaKind
    media_type: str


_JPEG = FileType(MediaKind.IMAGE, "image/jpeg")
_PNG = FileType(MediaKind.IMAGE, "image/png")
_GIF = FileType(MediaKind.IMAGE, "image/gif")
_WEBP = FileType(MediaKind.IMAGE, "image/webp")
_MP4 = FileType(MediaKind.VIDEO, "video/mp4")
_MOV = FileType(MediaKind.VIDEO, "video/quicktime")
_WEBM = FileType(MediaKind.VIDEO, "video/webm")
_OGG = FileType(MediaKind.AUDIO, "audio/ogg")
_WAV = FileType(MediaKind.AUDIO, "audio/wave")
_FLAC = FileType(MediaKind.AUDIO, "audio/flac")
_MP3 = FileType(MediaKind.AUDIO, "audio/mpeg")
_AAC = FileType(MediaKind.AUDIO, "audio/aac")
_M4A = FileType(MediaKind.AUDIO, "audio/mp4")
PICTURES = (_JPEG, _PNG, _GIF, _WEBP)
FILMS = (_MP4, _MOV, _WEBM)
SOUNDS = (_MP3, _OGG, _WAV, _FLAC, _AAC, _M4A)
# What is stored, by the end of its name: nothing that a browser would run is among it.
TYPES = {
    "jpg": _JPEG.media_type,
    "png": _PNG.media_type,
    "gif": _GIF.media_type,
    "webp": _WEBP.media_type,
    "mp4": _MP4.media_type,
    "webm": _WEBM.media_type,
    "mp3": _MP3.media_type,
    "ogg": _OGG.media_type,
    "wav": _WAV.media_type,
    "flac": _FLAC.media_type,
    "aac": _AAC.media_type,
    "m4a": _M4A.media_type,
}
_STARTS = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"\x1a\x45\xdf\xa3", _WEBM),
    (b"OggS", _OGG),
    (b"fLaC", _FLAC),
    (b"ID3", _MP3),
    (b"\xff\xfb", _MP3),
    (b"\xff\xf3", _MP3),
    (b"\xff\xf2", _MP3),
    (b"\xff\xf1", _AAC),
    (b"\xff\xf9", _AAC),
)
_BRANDS_OF_PICTURES = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")


def recognise(head: bytes) -> FileType | None:
    """None for all that is not taken here, such as text, SVG and HTML."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF":
        return {b"WEBP": _WEBP, b"WAVE": _WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _BRANDS_OF_PICTURES:
            return None
        return _MOV if brand == b"qt  " else _M4A if brand in (b"M4A ", b"M4B ") else _MP4
    return None


def ending(file_type: FileType) -> str:
    """How the name of a file of this type ends."""
    return next((end for end, media_type in TYPES.items() if media_type == file_type.media_type), "mp4")

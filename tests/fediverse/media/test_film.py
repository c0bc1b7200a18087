# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ffmpeg is asked and what it answers; and, where it is installed, real films."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.errors import HearthError, Unavailable
from appliance.fediverse.context import Context
from appliance.fediverse.media import film
from appliance.fediverse.media.film import Footage
from appliance.fediverse.media.workshop import Workshop
from appliance.system.runner import Completed, VirtualRunner
from tests.fediverse.conftest import Person
from tests.fediverse.media_files import form, moving, picture, see

H264 = {"codec_type": "video", "codec_name": "h264", "pix_fmt": "yuv420p", "width": 640, "height": 360}
H264["avg_frame_rate"] = "30000/1001"
AAC = {"codec_type": "audio", "codec_name": "aac", "sample_rate": "44100", "channels": 2}
COVER = {"codec_type": "video", "codec_name": "png", "width": 9, "height": 9, "disposition": {"attached_pic": 1}}
installed = pytest.mark.skipif(not film.installed(), reason="there is no ffmpeg here")


def told(*streams: dict[str, Any], **container: Any) -> bytes:
    return json.dumps({"streams": streams, "format": {"duration": "88.654", "bit_rate": "862056"} | container}).encode()


def test_a_film_is_described_as_apps_expect_it() -> None:
    found = film.read(told(H264, AAC))
    assert found is not None
    assert found.is_film
    assert found.is_fit
    assert found.can_stay
    assert found.meta() == {
        "length": "0:01:28.65",
        "duration": 88.65,
        "fps": 30,
        "size": "640x360",
        "width": 640,
        "height": 360,
        "aspect": 640 / 360,
        "audio_encode": "aac",
        "audio_bitrate": "44100 Hz",
        "audio_channels": "stereo",
        "original": {
            "width": 640,
            "height": 360,
            "frame_rate": "30000/1001",
            "duration": 88.654,
            "bitrate": 862056,
        },
    }


def test_a_cover_makes_no_film_of_a_song_and_what_is_held_upright_is_high() -> None:
    song = film.read(told(AAC, COVER))
    assert song is not None
    assert (song.is_film, song.is_fit, song.can_stay) == (False, True, False)
    upright = film.read(told(H264 | {"side_data_list": [{"rotation": -90}]}))
    assert upright is not None
    assert (upright.width, upright.height) == (360, 640)


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"{}",
        b"[]",
        b"{" * 9999,
        told(H264 | {"width": -1}),
        told(H264 | {"width": "x"}),
        told(H264, duration="NaN"),
        told(H264, duration="1e999"),
        told(H264 | {"avg_frame_rate": "1/0"}, duration=None),
        json.dumps({"streams": [7], "format": []}).encode(),
    ],
)
def test_nonsense_is_no_film_or_one_within_bounds(output: bytes) -> None:
    found = film.read(output)
    assert found is None or (found.duration == 0 and found.rate == 0)


def test_what_is_beyond_the_limits_does_not_fit() -> None:
    assert not Footage(1, 1, "h264", "yuv420p", 8000, 8000).is_fit
    assert not Footage(1, 1, "h264", "yuv420p", 100, 100, "500/1", 500).is_fit
    assert not Footage(1, 1).is_fit
    assert not Footage(1, 1, "vp9", "yuv420p", 100, 100).can_stay
    assert not Footage(1, 1, "h264", "yuv444p", 100, 100).can_stay


def test_a_child_that_was_told_to_end_is_asked_again_and_one_that_failed_is_not(tmp_path: Path) -> None:
    class Ending(VirtualRunner):
        code = 0

        def run(self, *_: Any, **__: Any) -> Completed:
            return Completed(self.code, b"", b"")

    runner = Ending()
    workshop = Workshop(runner)
    for runner.code in (-15, 255):
        with pytest.raises(Unavailable):
            workshop.film(tmp_path / "a", tmp_path)
    for runner.code in (1, -9, -31, 0):
        with pytest.raises(HearthError, match="invalid"):
            workshop.film(tmp_path / "a", tmp_path)


def test_what_was_interrupted_each_time_is_given_up(
    anna: Person, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.fediverse.media.work import work_on_next

    def interrupted(*_: Any, **__: Any) -> None:
        raise Unavailable("media-interrupted", "It was interrupted.")

    monkeypatch.setattr(Workshop, "picture", interrupted)
    response = anna.ask("POST", "/api/v2/media", data=form(picture()))
    assert response.json is not None
    path = f"/api/v1/media/{response.json['id']}"
    workshop = Workshop(VirtualRunner())
    for _ in range(3):
        assert anna.ask("GET", path).status_code == 206
        with pytest.raises(Unavailable):
            work_on_next(context, workshop)
    assert not work_on_next(context, workshop)
    anna.refused(422, "GET", path)


def make(tmp_path: Path, *arguments: str, name: str = "made.mp4") -> bytes:
    path = tmp_path / name
    subprocess.run(["ffmpeg", "-v", "error", *arguments, str(path)], check=True, timeout=60)
    return path.read_bytes()


BARS = ("-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=2")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")


@installed
@pytest.mark.parametrize(
    ("arguments", "name", "kind"),
    [
        ((*BARS, *TONE, "-pix_fmt", "yuv420p", "-metadata", "location=+52.5+013.4/"), "a.mp4", "video"),
        ((*BARS, *TONE, "-c:v", "libvpx", "-c:a", "libvorbis"), "a.webm", "video"),
        ((*BARS, "-pix_fmt", "yuv420p"), "a.mov", "gifv"),
        (TONE, "a.mp3", "audio"),
        (TONE, "a.ogg", "audio"),
        (TONE, "a.wav", "audio"),
        (TONE, "a.flac", "audio"),
    ],
)
def test_films_and_sounds_are_made_fit_for_every_browser(
    anna: Person,
    stranger: FlaskClient,
    work: Callable[[], None],
    tmp_path: Path,
    arguments: tuple[str, ...],
    name: str,
    kind: str,
) -> None:
    data = make(tmp_path, *arguments, name=name)
    response = anna.ask("POST", "/api/v2/media", data=form(data, name, "application/octet-stream"))
    assert (response.status_code, response.json["url"]) == (202, None)  # type: ignore[index]
    work()
    made = anna.get(f"/api/v1/media/{response.json['id']}")  # type: ignore[index]
    assert made["type"] == kind
    answer = see(stranger, made["url"])
    assert answer.mimetype == ("audio/mpeg" if kind == "audio" else "video/mp4")
    assert b"+52.5" not in answer.data
    assert 1.5 < made["meta"]["original"]["duration"] < 2.5
    if kind != "audio":
        assert made["meta"]["original"]["width"] == 320
        assert see(stranger, made["preview_url"]).mimetype == "image/jpeg"
        assert made["blurhash"]
    anna.toot("", media_ids=[made["id"]])


@installed
def test_a_moving_gif_becomes_a_film(anna: Person, stranger: FlaskClient, work: Callable[[], None]) -> None:
    response = anna.ask("POST", "/api/v2/media", data=form(moving()))
    work()
    made = anna.get(f"/api/v1/media/{response.json['id']}")  # type: ignore[index]
    assert (made["type"], see(stranger, made["url"]).mimetype) == ("gifv", "video/mp4")


@installed
@pytest.mark.parametrize(
    "data", [b"\x00\x00\x00\x18ftypisom" + b"\0" * 300, b"\x1a\x45\xdf\xa3" + b"x" * 300, b"OggS" + b"x" * 300]
)
def test_what_only_begins_like_a_film_fails(anna: Person, work: Callable[[], None], data: bytes) -> None:
    response = anna.ask("POST", "/api/v2/media", data=form(data))
    work()
    anna.refused(422, "GET", f"/api/v1/media/{response.json['id']}")  # type: ignore[index]

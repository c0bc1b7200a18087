# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real files for tests of media, and how apps send them."""

import io
from typing import Any

from flask.testing import FlaskClient
from PIL import Image

from tests.fediverse.conftest import ORIGIN, Person


def picture(width: int = 60, height: int = 40, kind: str = "PNG", mode: str = "RGB", **more: Any) -> bytes:
    image = Image.new(mode, (width, height), (200, 30, 40) if mode == "RGB" else 0)
    data = io.BytesIO()
    image.save(data, kind, **more)
    return data.getvalue()


def photograph() -> bytes:
    """As a phone takes it: held upright, with where and by what it was taken, and a comment."""
    image = Image.new("RGB", (80, 40))
    image.paste((250, 0, 0), (0, 0, 40, 40))
    image.paste((0, 0, 250), (40, 0, 80, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Fieldcamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    data = io.BytesIO()
    image.save(data, "JPEG", exif=exif, quality=95, comment=b"at home")
    return data.getvalue()


def moving(frames: int = 5) -> bytes:
    images = [Image.new("RGB", (30, 20), (number * 40, 0, 0)) for number in range(frames)]
    data = io.BytesIO()
    images[0].save(data, "GIF", save_all=True, append_images=images[1:], duration=50)
    return data.getvalue()


def form(data: bytes, name: str = "picture.png", kind: str = "image/png", **more: Any) -> dict[str, Any]:
    return {"file": (io.BytesIO(data), name, kind), **more}


def upload(person: Person, data: bytes, **more: Any) -> Any:
    """As an app does it that knows how to wait; the finished attachment."""
    response = person.ask("POST", "/api/v2/media", data=form(data, **more))
    assert response.status_code == 200, (response.status_code, response.text)
    return response.json


def see(client: FlaskClient, address: str, **headers: str) -> Any:
    """The answer to whoever asks for a file by its address."""
    answer = client.get(address.removeprefix(ORIGIN), headers=headers)
    answer.get_data()
    answer.close()
    return answer

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Films and sounds, by ffmpeg where it is installed."""

import shutil

from appliance.errors import HearthError
from appliance.system.runner import PATH


def installed() -> bool:
    return shutil.which("ffmpeg", path=PATH) is not None and shutil.which("ffprobe", path=PATH) is not None


def missing() -> HearthError:
    return HearthError(
        "no-films",
        "Validation failed: This server takes pictures only, no video and no sound",
        "Its owner can install ffmpeg.",
        status=422,
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""How large what is uploaded may be, as the instance document says it, and how large it is kept."""

from dataclasses import dataclass

from appliance.fediverse.model import MediaPurpose

MEGABYTE = 1024 * 1024
IMAGE_BYTES = 16 * MEGABYTE
IMAGE_PIXELS = 33_177_600  # 7680 by 4320
FILM_BYTES = 40 * MEGABYTE
FILM_PIXELS = 8_294_400  # 3840 by 2160
FRAME_RATE = 120
ATTACHMENTS = 4
DESCRIPTION = 1500
LOOSE = 60  # uploads of a member that belong to no post yet
# A form with a file and a thumbnail, or a profile with two pictures, and the text around them.
BODY_BYTES = FILM_BYTES + IMAGE_BYTES + MEGABYTE
# Frames of a moving GIF that is kept as such, all together.
MOVING_PIXELS = 50_000_000


@dataclass(frozen=True)
class Size:
    """At most so many pixels; with `width` and `height` cut to exactly this shape, but never made larger."""

    pixels: int
    width: int = 0
    height: int = 0


# A picture fills a screen at this size, in about a megabyte; more would only fill the card.
SIZES = {
    MediaPurpose.ATTACHMENT: Size(2560 * 1440),
    MediaPurpose.AVATAR: Size(400 * 400, 400, 400),
    MediaPurpose.HEADER: Size(1500 * 500, 1500, 500),
    MediaPurpose.EMOJI: Size(128 * 128),
    MediaPurpose.CARD: Size(640 * 360),
}
SMALL = Size(640 * 360)

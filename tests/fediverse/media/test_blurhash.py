# SPDX-License-Identifier: AGPL-3.0-or-later
from appliance.fediverse.media import blurhash

RED, BLUE = (255, 0, 0), (0, 0, 255)


def test_one_colour_is_that_colour_and_nothing_else() -> None:
    assert blurhash.encode([RED] * 16, 4, 4, 1, 1) == "00TI:j"
    assert blurhash.encode([(0, 0, 0)] * 16, 4, 4, 4, 3) == "L00000" + "fQ" * 11


def test_where_the_light_is_shows() -> None:
    left, right = [RED, BLUE] * 2, [BLUE, RED] * 2
    assert blurhash.encode(left, 2, 2, 2, 1) != blurhash.encode(right, 2, 2, 2, 1)
    assert len(blurhash.encode(left, 2, 2, 4, 3)) == 28


def test_it_agrees_with_what_others_make() -> None:
    """Made by another encoder from the same 8 by 5 points."""
    pixels = [((x * 31) % 256, (y * 50) % 256, (x * y * 17) % 256) for y in range(5) for x in range(8)]
    assert blurhash.encode(pixels, 8, 5, 3, 4) == "TgFO_k31a[zFNHfSeQe[fU%dOYfM"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""BlurHash (https://github.com/woltapp/blurhash/blob/master/Algorithm.md): a picture in thirty letters."""

import math
from collections.abc import Sequence

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
Colour = tuple[float, float, float]


def encode(pixels: Sequence[tuple[int, int, int]], width: int, height: int, across: int = 4, down: int = 4) -> str:
    """`pixels` are sRGB, row by row; a picture of 32 by 32 says as much as a large one. 1 to 9 parts each way."""
    linear = [(_LINEAR[red], _LINEAR[green], _LINEAR[blue]) for red, green, blue in pixels]
    waves_x = [[math.cos(math.pi * i * x / width) for x in range(width)] for i in range(across)]
    waves_y = [[math.cos(math.pi * j * y / height) for y in range(height)] for j in range(down)]
    parts = [_part(linear, waves_x[i], waves_y[j], 2 if i or j else 1) for j in range(down) for i in range(across)]
    average, rest = parts[0], parts[1:]
    text = _digits(across - 1 + (down - 1) * 9, 1)
    largest = max((abs(value) for part in rest for value in part), default=0.0)
    steps = max(0, min(82, math.floor(largest * 166 - 0.5))) if rest else 0
    text += _digits(steps, 1)
    red, green, blue = (_gamma(value) for value in average)
    text += _digits(red << 16 | green << 8 | blue, 4)
    scale = (steps + 1) / 166 if rest else 1.0
    return text + "".join(_digits(_packed(part, scale), 2) for part in rest)


def _part(linear: Sequence[Colour], wave_x: Sequence[float], wave_y: Sequence[float], factor: int) -> Colour:
    red = green = blue = 0.0
    width = len(wave_x)
    for y, row in enumerate(wave_y):
        for x, column in enumerate(wave_x):
            strength = row * column
            pixel = linear[y * width + x]
            red += strength * pixel[0]
            green += strength * pixel[1]
            blue += strength * pixel[2]
    scale = factor / len(linear)
    return red * scale, green * scale, blue * scale


def _packed(part: Colour, largest: float) -> int:
    number = 0
    for value in part:
        share = math.copysign(math.sqrt(abs(value / largest)), value)
        number = number * 19 + max(0, min(18, math.floor(share * 9 + 9.5)))
    return number


def _gamma(value: float) -> int:
    value = max(0.0, min(1.0, value))
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def _digits(number: int, length: int) -> str:
    return "".join(_LETTERS[number // 83**place % 83] for place in reversed(range(length)))


def _plain(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


_LINEAR = tuple(_plain(value / 255) for value in range(256))

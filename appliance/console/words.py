# SPDX-License-Identifier: AGPL-3.0-or-later
"""Longer texts that the console offers."""

SENSIBLE_RULES = "\n".join(
    (
        "Be kind. Disagree with what people say, not with who they are.",
        "No hatred, no threats, no harassment.",
        "Ask before you share somebody else's words or pictures.",
        "Put a warning in front of what others may not want to see.",
        "No advertising.",
    )
)

# Apps that are free, kept up, and log in by typing a server's name.
APPS = (
    ("Android", "Tusky, Fedilab, Mastodon"),
    ("iPhone and iPad", "Ice Cubes, Ivory, Mastodon"),
    ("Computer", "Elk and Phanpy in the browser, Tuba on Linux"),
)

# The places on the way from the internet to the box.
PLACE_ICONS = {"internet": "world", "provider": "tower", "gateway": "door", "router": "router", "box": "home"}

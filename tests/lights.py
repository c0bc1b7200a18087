# SPDX-License-Identifier: AGPL-3.0-or-later
"""README's drawings of the status light, one per pattern, made from the same table as the box's own.

`python -m tests.lights` draws them anew.
"""

from pathlib import Path

from appliance.board.light import PATTERNS, Light
from appliance.design.light import light_css
from tests.repository import ROOT

FOLDER = ROOT / "docs/lights"
_COLOURS = (
    "svg{--lamp-off:#3b2a1f;--lamp-white:#fff;--lamp-amber:#f59a00;--lamp-green:#2f9e44;--lamp-blue:#2684ff;"
    "--lamp-red:#e5342b}"
)


def path(light: Light) -> Path:
    return FOLDER / f"{light.value}.svg"


def drawing(light: Light) -> str:
    """An SVG file that shines by itself; steadily where motion is unwelcome."""
    (motion,) = [line for line in light_css().splitlines() if line.startswith(f"@keyframes lamp-{light.value}{{")]
    (rule,) = [line for line in light_css().splitlines() if line.startswith(f".lamp--{light.value}{{")]
    return (
        "<!-- SPDX-License-Identifier: AGPL-3.0-or-later -->\n"
        '<svg xmlns="http://www.w3.org/2000/svg" width="56" height="40" viewBox="0 0 56 40" role="img">\n'
        f"<title>{PATTERNS[light].meaning}</title>\n"
        f"<style>\n{_COLOURS}\n{motion}\n{rule}\n"
        "@media (prefers-reduced-motion: reduce){g{animation:none!important}}\n</style>\n"
        '<rect width="56" height="40" rx="12" fill="#2a1e16"/>\n'
        f'<g class="lamp--{light.value}" fill="currentColor">'
        '<circle cx="28" cy="20" r="14" opacity=".3"/><circle cx="28" cy="20" r="8"/></g>\n'
        "</svg>\n"
    )


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for light in Light:
        path(light).write_text(drawing(light))


if __name__ == "__main__":
    main()

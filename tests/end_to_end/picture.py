# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.end_to_end.picture`: compose docs/hearth.png, README's picture, from the tests' screenshots."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.end_to_end.box import REPOSITORY
from tests.end_to_end.browser import SCREENSHOTS, launch

PICTURE = REPOSITORY / "docs" / "hearth.png"
LARGEST = 400_000

# Desktop and phone, light and dark: the page that asks for the button, the box that has it, and what it becomes.
_PAGE = """<!doctype html>
<meta charset="utf-8">
<style>
* {{ margin: 0; box-sizing: border-box; }}
body {{ width: 1600px; height: 960px; overflow: hidden; position: relative;
  /* From top to bottom only: rows of one colour keep the file small. */
  background: linear-gradient(#17120f, #3a1a10 45%, #b9410e 90%, #f2a33a); }}
figure {{ position: absolute; overflow: hidden; background: #fbf6ee;
  box-shadow: 0 1px 4px #0008, 0 10px 26px #0007; }}
figure img {{ display: block; width: 100%; }}
.desktop {{ width: 960px; height: 700px; left: 320px; top: 130px; border-radius: 14px; }}
.phone {{ width: 330px; height: 714px; border-radius: 40px; border: 9px solid #0d0a08; }}
.left {{ left: 70px; top: 196px; }}
.right {{ right: 70px; top: 60px; }}
</style>
<figure class="desktop"><img src="{desktop}"></figure>
<figure class="phone left"><img src="{left}"></figure>
<figure class="phone right"><img src="{right}"></figure>
"""


def compose(desktop: str, left: str, right: str) -> Path:
    """Names of pictures in screenshots/, without their ending."""
    pictures = {"desktop": desktop, "left": left, "right": right}
    page_file = SCREENSHOTS / "picture.html"
    page_file.write_text(_PAGE.format(**{place: f"{name}.png" for place, name in pictures.items()}))
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1600, "height": 960}, device_scale_factor=1)
        page.goto(page_file.as_uri())
        page.screenshot(path=PICTURE)
        browser.close()
    page_file.unlink()
    assert PICTURE.stat().st_size < LARGEST, f"{PICTURE} has {PICTURE.stat().st_size} bytes"
    return PICTURE


if __name__ == "__main__":
    print(compose("panel-desktop-light", "wizard-claim-phone-light", "wizard-done-phone-dark"))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The design in an app: its files, its headers, its macros."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string

import appliance.design
from appliance import design
from appliance.board.light import Light
from appliance.design.light import light_css

FOLDER = Path(appliance.design.__file__).parent


@pytest.fixture
def app() -> Flask:
    app = Flask("somebody")
    design.register(app)
    app.add_url_rule("/own", "own", lambda: ("", {"Content-Security-Policy": "default-src 'none'"}))
    return app


def render(app: Flask, text: str, **values) -> str:
    names = "logo, icon, csrf, error_summary, field, area, choice, checkbox, progress_steps, status, copyable, box"
    with app.test_request_context():
        return render_template_string(f'{{% from "design/macros.html" import {names} with context %}}' + text, **values)


@pytest.mark.parametrize("name", ["hearth.css", "light.css", "hearth.js", "icons.svg", "favicon.svg"])
def test_files_are_kept_for_ever_under_their_fingerprint(app, name):
    with app.test_request_context():
        address = render_template_string("{{ design_url(name) }}", name=name)
    client = app.test_client()
    with client.get(address) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.data
    with client.get(f"/design/{name}") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["nothing.css", "..%2f__init__.py", "../assets.py", "%00"])
def test_nothing_else_is_served(app, name):
    assert app.test_client().get(f"/design/{name}").status_code == 404


def test_pages_get_guards_and_may_set_their_own(app):
    client = app.test_client()
    assert "frame-ancestors 'none'" in client.get("/nowhere").headers["Content-Security-Policy"]
    assert client.get("/own").headers["Content-Security-Policy"] == "default-src 'none'"


def test_everything_comes_from_here():
    for path in FOLDER.rglob("*.*"):
        if path.suffix in (".css", ".js", ".svg", ".html"):
            content = path.read_text().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://|@import|@font-face|\sstyle=|\son[a-z]+=\"", content), path


def test_icons_that_pages_use_exist():
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (FOLDER / "static" / "icons.svg").read_text()))
    used = set()
    for path in FOLDER.parent.rglob("*.html"):
        used |= set(re.findall(r'\bicon\("([a-z]+)"', path.read_text()))
    assert used
    assert used <= drawn


def test_a_field_is_tied_to_its_hint_and_error(app):
    html = render(app, '{{ field("a", "Name", hint="So.", errors={"a": "<No>"}, value=\'"\') }}')
    assert 'for="f-a"' in html
    assert 'aria-describedby="f-a-hint f-a-error"' in html
    assert 'aria-invalid="true"' in html
    assert "&lt;No&gt;" in html
    assert 'value="&#34;"' in html


def test_a_password_is_never_sent_back(app):
    assert "secret" not in render(app, '{{ field("p", "Password", type="password", value="secret") }}')


def test_the_error_summary_links_to_the_fields(app):
    assert 'href="#f-a"' in render(app, '{{ error_summary({"a": "Wrong."}) }}')
    assert render(app, "{{ error_summary({}) }}").strip() == ""


def test_the_present_step_is_marked(app):
    html = render(app, "{{ progress_steps(steps, 1) }}", steps=[{"label": "One", "done": True}, {"label": "Two"}])
    assert html.count('aria-current="step"') == 1
    assert "<ol" in html


def test_every_light_shines():
    sheet = light_css()
    for light in Light:
        assert f".lamp--{light.value}{{" in sheet
        assert f"@keyframes lamp-{light.value}{{" in sheet
    assert "NaN" not in sheet
    percents = [float(number) for number in re.findall(r"([\d.]+)%", sheet)]
    assert all(0 <= number <= 100 for number in percents)

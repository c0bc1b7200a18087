# SPDX-License-Identifier: AGPL-3.0-or-later
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.fediverse.companion.page_heads import MAX_DESCRIPTION, MAX_TITLE, read
from appliance.fediverse.services.cards import Page
from tests.fediverse.conftest import MARKS

URL = "https://news.example/a/b"


def test_open_graph_comes_first() -> None:
    page = read(
        b"""<!doctype html><html><head><title>Plain</title>
        <meta property="og:title" content='Tea &amp; "Coffee"'><meta property="og:description" content="Hot > cold">
        <meta property="og:site_name" content="News"><meta property="og:image" content="/tea.jpg">
        <meta property="og:image:width" content="640"><meta property="og:image:alt" content="A cup">
        <meta name="author" content="Ann"><meta property="article:published_time" content="2026-01-01T00:00:00Z">
        </head><body><meta property="og:title" content="No"></body></html>""",
        "charset=utf-8",
        URL,
    )
    assert page == Page(
        title='Tea & "Coffee"',
        description="Hot > cold",
        author_name="Ann",
        provider_name="News",
        image_url="https://news.example/tea.jpg",
        image_description="A cup",
        width=640,
        published_at=1_767_225_600_000,
    )


def test_a_title_and_a_description_are_enough() -> None:
    page = read(b"<title> Old\n page </title><META NAME=Description CONTENT=words>", "", URL)
    assert (page.title, page.description, page.image_url) == ("Old page", "words", None)


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        ("<title>Größe</title>".encode(), ""),
        ("<title>Größe</title>".encode("latin-1"), "charset=ISO-8859-1"),
        ("<meta charset=latin1><title>Größe</title>".encode("latin-1"), ""),
        ("<title>Größe</title>".encode(), "charset=hex"),
        ("<title>Größe</title>".encode(), "charset=nonsense"),
    ],
)
def test_letters_are_read_as_they_were_written(body: bytes, parameters: str) -> None:
    assert read(body, parameters, URL).title == "Größe"


@pytest.mark.parametrize("charset", ["undefined", "idna", "punycode", "utf-7", "unicode_escape", "raw_unicode_escape"])
def test_codecs_that_are_none_of_the_webs_do_no_harm(charset: str) -> None:
    read(rb"<title>\ud800 +2AA- \xff</title>", f"charset={charset}", URL).title.encode()


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:image/png;base64,x", "https://[", "file:///etc"])
def test_pictures_lie_on_the_web(image: str) -> None:
    assert read(f'<title>x</title><meta property="og:image" content="{image}">'.encode(), "", URL).image_url is None


def test_what_scripts_hold_is_not_said() -> None:
    assert read(b'<script>"<title>no</title>"</script><title>yes</title>', "", URL).title == "yes"


def test_everything_is_cut_to_size() -> None:
    page = read(f"<title>{'x' * 9999}</title><meta name=description content='{'y' * 9999}'>".encode(), "", URL)
    assert (len(page.title), len(page.description)) == (MAX_TITLE, MAX_DESCRIPTION)


@pytest.mark.parametrize("piece", [b"<meta ", b"<", b'<meta a="', b"<title>", b"&#", b"<meta name=a content=b>"])
def test_whatever_is_in_a_page_it_is_read_before_the_test_is_ended(piece: bytes) -> None:
    read(piece * (1_000_000 // len(piece)), "", URL)


@given(st.binary(max_size=300))
def test_nothing_makes_it_fail(body: bytes) -> None:
    read(b"<meta property=og:title content=" + body, "", URL)


def test_formatting_that_is_never_closed_takes_no_memory_for_each_paragraph() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = "<p>" + "".join(f"<b a{number}>" for number in range(1000)) + "<p>x" * 2000 + "<title>Tea</title>"
    assert read(bomb.encode(), "", URL).title == "Tea"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_picture_with_a_name_of_many_marks_is_none(put_in_order: list[int]) -> None:
    page = f'<title>Tea</title><meta property="og:image" content="https://a{MARKS}/tea.jpg">'
    assert read(page.encode(), "", URL).image_url is None
    assert sum(put_in_order) < 2000

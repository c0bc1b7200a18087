# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.fediverse.services.text import Mentioned, absolute, count, parse, tag_key

ANNA = {"anna": Mentioned("anna", "/@anna"), "cy@far.example": Mentioned("cy", "https://far.example/@cy")}


def test_paragraphs_and_line_breaks() -> None:
    assert parse("one\ntwo\r\n\r\nthree").html({}) == "<p>one<br />two</p><p>three</p>"


def test_markup_is_only_text() -> None:
    assert parse("<script>\"&'").html({}) == "<p>&lt;script&gt;&quot;&amp;&#x27;</p>"


def test_mentions_of_people_who_are_known_become_links() -> None:
    html = parse("hi @Anna and @cy@far.example and @nobody").html(ANNA)
    assert (
        '<span class="h-card" translate="no"><a href="/@anna" class="u-url mention">@<span>anna</span></a></span>'
        in html
    )
    assert 'href="https://far.example/@cy"' in html
    assert html.endswith("@nobody</p>")


@pytest.mark.parametrize(
    ("source", "handles"),
    [
        ("@anna", ("anna",)),
        ("(@anna)", ("anna",)),
        ("@anna.", ("anna",)),
        ("@cy@far.example, hi", ("cy@far.example",)),
        ("@cy@127.0.0.1:8082", ("cy@127.0.0.1:8082",)),
        ("@a @A @b", ("a", "b")),
        ("mail me at anna@far.example", ()),
        ("https://far.example/@cy", ()),
    ],
)
def test_which_mentions_are_found(source: str, handles: tuple[str, ...]) -> None:
    assert parse(source).handles == handles


@pytest.mark.parametrize(
    ("source", "tags"),
    [("#Tea and #tea", ("tea",)), ("#1 #2nd", ("2nd",)), ("a#b /#c", ()), ("#Käse!", ("käse",)), ("#", ())],
)
def test_which_hashtags_are_found(source: str, tags: tuple[str, ...]) -> None:
    assert parse(source).tags == tags


def test_links_are_shortened_and_completed() -> None:
    html = parse("see https://www.far.example/" + "x" * 40 + ".").html({})
    assert 'rel="nofollow noopener"' in html
    assert (
        '<span class="invisible">https://www.</span><span class="ellipsis">far.example/xxxxxxxxxxxxxxxxxx</span>'
        in html
    )
    assert html.endswith("</a>.</p>")


def test_brackets_that_belong_to_a_link_stay() -> None:
    html = parse("(https://far.example/a_(b))").html({})
    assert 'href="https://far.example/a_(b)"' in html


def test_links_to_our_own_things_get_the_origin_when_shown() -> None:
    html = absolute(parse('#tea @anna href="/x').html(ANNA), "https://here.example")
    assert 'href="https://here.example/tags/tea"' in html
    assert 'href="https://here.example/@anna"' in html
    assert html.count("https://here.example") == 2


def test_length_counts_links_and_mentions_as_mastodon_does() -> None:
    assert parse("https://far.example/" + "x" * 400).length == 23
    assert parse("@cy@far.example").length == len("@cy")
    assert count("👩‍👩‍👧 é") == 3


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_nothing_typed_becomes_markup(source: str) -> None:
    html = parse(source).html({})
    for allowed in ("<p>", "</p>", "<br />", "<span", "</span>", "<a href=", "</a>", ">"):
        html = html.replace(allowed, "")
    assert "<" not in html


@pytest.mark.parametrize(
    "source", ["https://far.example/" + ")" * 500_000, "https://far.example/" + "[" * 9 + "]." * 250_000]
)
def test_what_ends_in_many_signs_is_read_in_one_go(source: str) -> None:
    # The way that looks at all of it again for each sign takes minutes for this.
    html = parse(source).html({})
    assert 'href="https://far.example/' in html


def test_marks_without_end_are_counted_in_one_go() -> None:
    source = "a" + "\u0301\u0316" * 250_000
    assert count(source) > 400_000
    assert parse(source).length > 400_000


def test_marks_without_end_in_many_pieces_are_counted_in_one_go(put_in_order: list[int]) -> None:
    source = ("x" + "\u0301\u0316" * 4500 + " #tea ") * 20
    assert parse(source).length > 150_000
    assert sum(put_in_order) < 1000


def test_long_links_and_addresses_leave_a_text_to_be_counted_as_usual() -> None:
    assert parse("https://far.example/" + "x" * 20_000 + " é👩‍👩‍👧").length == 23 + len(" é") + 1


def test_marks_beyond_every_hashtag_are_not_put_in_order() -> None:
    assert len(tag_key("a" + "\u0301" * 5000 + "\u0316" * 5000)) <= 1000

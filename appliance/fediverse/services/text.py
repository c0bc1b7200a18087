# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody typed: the mentions, hashtags and links in it, its length, and the HTML it becomes.

The HTML has the shape that Mastodon gives it, so that apps and other servers know what is a mention and what a
hashtag. Links to our own things are written without the origin ("/tags/tea") and completed by `absolute` when shown.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

URL_CHARACTERS = 23
MAX_MENTIONS = 50
_COUNTED_CLOSELY = 10_000
_LONGEST_TAG = 1000
_SHOWN_URL_CHARACTERS = 30

_TOKEN = re.compile(
    r"(?P<url>https?://[^\s<>\"'\x00-\x1f]+)"
    r"|(?<![\w/=@.])@(?P<handle>(?P<name>\w+(?:[\w.-]*\w)?)(?:@(?P<host>[\w.-]*\w(?::\d{1,5})?|\[[\da-fA-F:]+\]:\d{1,5}))?)"
    r"|(?<![\w/&#])#(?P<tag>\w*[^\W\d_]\w*)",
)
_TAG_NAME = re.compile(r"\w*[^\W\d_]\w*")
_TRAILING = ".,:;!?…)]}*_~"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_OWN_LINK = 'href="/'


@dataclass(frozen=True)
class Token:
    """A piece of the text: `value` is what was typed; for a mention `handle` is "name" or "name@host" in lower case."""

    kind: Literal["text", "url", "mention", "tag"]
    value: str
    handle: str = ""


@dataclass(frozen=True)
class Mentioned:
    """Where a mention leads; `url` starts with "/" for our own accounts."""

    username: str
    url: str


@dataclass(frozen=True)
class Text:
    tokens: tuple[Token, ...]

    @property
    def handles(self) -> tuple[str, ...]:
        """Each once, in order, at most MAX_MENTIONS."""
        handles = dict.fromkeys(token.handle for token in self.tokens if token.kind == "mention")
        return tuple(handles)[:MAX_MENTIONS]

    @property
    def tags(self) -> tuple[str, ...]:
        """Names in lower case, each once, in order."""
        return tuple(dict.fromkeys(tag_key(token.value[1:]) for token in self.tokens if token.kind == "tag"))

    @property
    def length(self) -> int:
        """Characters as Mastodon counts them: a URL is 23, of a mention only the local part counts.

        Of a text far beyond every limit each counts, for what `count` says: it may be far beyond in many pieces.
        """
        plain = sum(len(token.value) for token in self.tokens if token.kind != "url")
        return plain if plain > _COUNTED_CLOSELY else sum(_length(token) for token in self.tokens)

    def html(self, mentioned: Mapping[str, Mentioned]) -> str:
        """Paragraphs of HTML; a handle not in `mentioned` stays plain text."""
        pieces = "".join(_html(token, mentioned) for token in self.tokens).strip("\n")
        if not pieces:
            return ""
        paragraphs = re.split(r"\n{2,}", pieces)
        return "".join(f"<p>{paragraph.replace(chr(10), '<br />')}</p>" for paragraph in paragraphs)


def parse(text: str) -> Text:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    tokens: list[Token] = []
    position = 0
    while match := _TOKEN.search(text, position):
        value = match[0]
        if match["url"]:
            value = _trim(value)
        if match.start() > position:
            tokens.append(Token("text", text[position : match.start()]))
        tokens.append(_token(match, value))
        position = match.start() + len(value)
    if position < len(text):
        tokens.append(Token("text", text[position:]))
    return Text(tuple(tokens))


def tag_key(name: str) -> str:
    """How a hashtag is stored and looked up. None is so long as to be cut, and many marks on one letter take very long
    to put in order."""
    return unicodedata.normalize("NFKC", name[:_LONGEST_TAG]).lower()


def is_tag(name: str) -> bool:
    """Whether this, behind a #, is a hashtag."""
    return _TAG_NAME.fullmatch(name) is not None


def absolute(html: str, origin: str) -> str:
    """Complete the links to our own things. Only for HTML that was made here: there a quote in text is escaped."""
    return html.replace(_OWN_LINK, f'href="{origin}/') if _OWN_LINK in html else html


def quoting(url: str, name: str, html: str) -> str:
    """The HTML of a text that quotes what is at `url`, by `name` if that is one of ours (then `url` begins with "/").

    For apps and servers that show no quotes; those that do leave this paragraph out. A text with the link needs none.
    """
    if f'href="{escape(url)}"' in html:
        return html
    link = f'<a href="{escape(url)}">@{escape(name)}</a>' if url.startswith("/") else _link(url)
    return f'<p class="quote-inline">RE: {link}</p>{html}'


def count(text: str) -> int:
    """Characters as a reader sees them: what joins or modifies another one is not counted.

    Of a text far beyond every limit each counts, since many marks on one letter take very long to put in order.
    """
    if text.isascii() or len(text) > _COUNTED_CLOSELY:
        return len(text)
    total = 0
    joined = False
    for character in unicodedata.normalize("NFC", text):
        if character == "\u200d":
            joined = True
        elif unicodedata.category(character) in ("Mn", "Me") or "\U0001f3fb" <= character <= "\U0001f3ff":
            continue
        else:
            total += not joined
            joined = False
    return total


def _token(match: re.Match[str], value: str) -> Token:
    if match["url"]:
        return Token("url" if len(value) > len("https://") else "text", value)
    if match["handle"]:
        return Token("mention", value, match["handle"].lower())
    return Token("tag", value)


def _trim(url: str) -> str:
    """Without the signs at its end that belong to the sentence around it."""
    counts, end = Counter(url), len(url)
    while end and (last := url[end - 1]) in _TRAILING:
        if last in _PAIRS and counts[_PAIRS[last]] >= counts[last]:
            break
        counts[last] -= 1
        end -= 1
    return url[:end]


def _length(token: Token) -> int:
    if token.kind == "url":
        return URL_CHARACTERS
    if token.kind == "mention":
        return count("@" + token.handle.partition("@")[0])
    return count(token.value)


def _html(token: Token, mentioned: Mapping[str, Mentioned]) -> str:
    if token.kind == "url":
        return _link(token.value)
    if token.kind == "tag":
        name = token.value[1:]
        href = f"/tags/{escape(tag_key(name))}"
        return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{escape(name)}</span></a>'
    if token.kind == "mention" and (target := mentioned.get(token.handle)):
        return (
            f'<span class="h-card" translate="no"><a href="{escape(target.url)}" class="u-url mention">'
            f"@<span>{escape(target.username)}</span></a></span>"
        )
    return escape(token.value)


def _link(url: str) -> str:
    scheme = re.match(r"https?://(?:www\.)?", url)
    prefix = scheme[0] if scheme else ""
    rest = url[len(prefix) :]
    shown, hidden = rest[:_SHOWN_URL_CHARACTERS], rest[_SHOWN_URL_CHARACTERS:]
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(prefix)}</span>'
        f'<span class="{"ellipsis" if hidden else ""}">{escape(shown)}</span>'
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )

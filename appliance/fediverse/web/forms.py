# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms: where they may come from, how big they may be, and where to go afterwards."""

import contextlib
import hmac
import re
from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import MethodNotAllowed

from appliance.errors import Refused
from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.media.limits import IMAGE_BYTES, MEGABYTE
from appliance.fediverse.web.visitor import csrf_of, form_cookie, visitor
from appliance.secret import Secret

MAX_FORM = 64 * 1024
_MAX_DRAINED = 16 * 1024 * 1024
# Browsers drop tabs and line breaks inside addresses and read "\" as "/": none of them may be in ours.
_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")
MAX_UPLOAD = IMAGE_BYTES + MEGABYTE
# Forms with a file, which only members send.
_WITH_FILES = ("web.settings_picture", "web.emoji_add")
# Forms that strangers send: they may be older than the session of the same browser.
_FOR_STRANGERS = ("web.login_post", "web.join_post", "web.join_invited_post")


def guard() -> None:
    """Before every request of the pages. Raises Refused foreign-form, RequestEntityTooLarge."""
    request.max_content_length = MAX_FORM
    request.max_form_memory_size = MAX_FORM
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if request.method != "POST":
        raise MethodNotAllowed
    if request.endpoint in _WITH_FILES and _from_here() and visitor().member is not None:
        uploads.begin(MAX_UPLOAD)
    if not _from_here() or not _has_token():
        raise Refused(
            "foreign-form",
            "This form is too old, or was not sent from here.",
            "Go back, reload the page and send it again.",
        )


def text(name: str) -> str:
    """A field of the form, "" if it was not sent."""
    return request.form.get(name, "")


def secret(name: str) -> Secret:
    return Secret(text(name))


def number(name: str) -> int:
    """An id in the form; 0, which nothing has, for what is none."""
    value = text(name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0


def safe_path(value: str) -> str | None:
    """A place of our own to go to, or None: whoever writes the link to our login page may not choose the next."""
    return value if len(value) <= 4000 and _PATH.fullmatch(value) else None


def drain() -> None:
    """Take in what is left of a form that is too big, within reason: a browser that can't finish sending shows
    a broken connection instead of our answer."""
    left = _MAX_DRAINED
    with contextlib.suppress(OSError):
        while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, 64 * 1024))):
            left -= len(piece)


def _from_here() -> bool:
    """Browsers say where a form was; those that say nothing are left to the token."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()


def _has_token() -> bool:
    sent = text("csrf")
    keys = [visitor().token]
    if visitor().token is None or request.endpoint in _FOR_STRANGERS:
        keys.append(form_cookie())
    return any(key is not None and hmac.compare_digest(csrf_of(key).encode(), sent.encode()) for key in keys)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every request must pass before a page sees it: the right Host, the right origin, the CSRF token, sane text."""

import ipaddress
import unicodedata
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from appliance.console import session as who
from appliance.console.context import console, status
from appliance.console.hotspot import ADDRESS, by_hotspot
from appliance.errors import BadInput, HearthError, Refused

MAX_BODY = 1024 * 1024
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LINES = frozenset("\n\r\t")


def install(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.config["MAX_FORM_PARTS"] = 100
    app.before_request(_check)
    app.after_request(_never_keep)


def _check() -> AnyResponse | None:
    if request.endpoint in ("design.file", "static"):
        return None
    if by_hotspot():
        if request.method in _SAFE and not _is_number(_name(request.host)):
            # There every name leads to the box, so that a phone that looks for the internet shows the box's page.
            return redirect(ADDRESS)
        console().supervisor.wifi_used()
    _check_host(request.host)
    _check_text(*request.args.values())
    if request.method not in _SAFE:
        _check_origin()
        _check_encoding()
        _check_text(*request.form.values())
        if not who.csrf_fits(request.form.get("csrf", "")):
            raise Refused("stale-form", "This page was open for too long.", "Go back, load it again and send it anew.")
    return None


def _check_host(host: str) -> None:
    """Refuse names that aren't the box's: a stranger's page could let its own name point here (DNS rebinding).

    An address as a number can't be made to point elsewhere, so any of those is good.
    """
    name = _name(host)
    if _is_number(name) or name == "localhost" or name.endswith(".localhost") or name in _own_names():
        return
    raise HearthError(
        "wrong-host",
        "This box does not go by that name.",
        "Open the address that was shown where the box was started, or its number at home, like http://192.168.1.20.",
        status=421,
    )


def _own_names() -> set[str]:
    known = status()
    names = {_name(urlsplit(address).netloc) for address in known.addresses}
    if known.box.address:
        names.add(known.box.address.lower())
    return names - {""}


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_origin() -> None:
    """Browsers say where a form came from; who says nothing (old browsers, tools) still needs the token."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site != "same-origin" or (origin is not None and _place(origin) != request.host.lower()):
        raise Refused("wrong-origin", "That was sent from another site's page.", "Use the box's own pages.")


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _check_encoding() -> None:
    """Werkzeug leaves percent signs where an ordinary form's bytes are not UTF-8; no browser makes such a form."""
    if request.mimetype == "application/x-www-form-urlencoded":
        try:
            unquote_to_bytes(request.get_data(cache=True)).decode()
        except UnicodeDecodeError:
            raise _not_text() from None


def _check_text(*texts: str) -> None:
    """In other forms Werkzeug puts U+FFFD where bytes are not UTF-8; no field of ours takes control characters."""
    for text in texts:
        if any(sign == "\ufffd" or (unicodedata.category(sign) == "Cc" and sign not in _LINES) for sign in text):
            raise _not_text()


def _not_text() -> HearthError:
    return HearthError(
        "not-text", "That contains signs that are not text.", "Go back, type it anew and send it.", status=400
    )


def text(name: str, *, limit: int = 200) -> str:
    """A form field, with unified line ends and without blanks around it. Raises BadInput too-long."""
    given = request.form.get(name, "")
    # Of what is far too long nothing is put in order first: many marks on one letter take very long.
    value = unicodedata.normalize("NFC", given).replace("\r\n", "\n").strip() if len(given) <= 4 * limit else given
    if len(value) > limit:
        raise BadInput(f"That is longer than {limit} characters.", "Make it shorter.", key="too-long")
    return value


def _never_keep(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    return response

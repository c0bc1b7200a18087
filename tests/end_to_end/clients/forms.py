# SPDX-License-Identifier: AGPL-3.0-or-later
"""A browser without a window: opens pages, fills in their forms, sends them back."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests


class Visitor:
    def __init__(self) -> None:
        self._session = requests.Session()

    def fill_in(self, url: str, button: tuple[str, str] | None = None, **fields: str) -> requests.Response:
        """Open a page and send its form that has these fields; the answer is not followed."""
        page = self._session.get(url, timeout=20)
        page.raise_for_status()
        form = next(each for each in _forms(page.text) if set(fields) <= set(each.fields) and _has(each, button))
        data = form.fields | fields | (dict([button]) if button else {})
        target = urljoin(page.url, form.action or page.url)
        origin = f"{urlsplit(target).scheme}://{urlsplit(target).netloc}"
        return self._session.post(target, data=data, headers={"Origin": origin}, allow_redirects=False, timeout=20)

    def log_in(self, base: str, username: str, password: str) -> None:
        answer = self.fill_in(f"{base}/login", username=username, password=password)
        assert answer.status_code == 303, answer.text

    def consent(self, url: str) -> str:
        """Allow what an app asks for; the code that it is given."""
        answer = self.fill_in(url, ("answer", "grant"))
        if answer.status_code == 303:
            return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        reader = _Codes()
        reader.feed(answer.text)
        return reader.code


class _Form:
    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}
        self.buttons: list[tuple[str, str]] = []


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Form] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named: dict[str, Any] = dict(attributes)
        if tag == "form":
            self.found.append(_Form(named.get("action") or ""))
        elif tag in ("input", "textarea") and self.found and named.get("name"):
            self.found[-1].fields[named["name"]] = named.get("value") or ""
        elif tag == "button" and self.found and named.get("name"):
            self.found[-1].buttons.append((named["name"], named.get("value") or ""))


class _Codes(HTMLParser):
    """What stands in the first element of class "code"."""

    def __init__(self) -> None:
        super().__init__()
        self.code = ""
        self._inside = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._inside = not self.code and "code" in (dict(attributes).get("class") or "").split()

    def handle_data(self, data: str) -> None:
        if self._inside and not self.code:
            self.code = data.strip()


def _forms(html: str) -> list[_Form]:
    reader = _Forms()
    reader.feed(html)
    return reader.found


def _has(form: _Form, button: tuple[str, str] | None) -> bool:
    return button is None or button in form.buttons

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a request asks, from its query, form or JSON body alike, checked piece by piece."""

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import flask

from appliance.errors import BadInput, HearthError
from appliance.fediverse.services.paging import LARGEST_ID, Page

E = TypeVar("E", bound=Enum)

MAX_DEPTH = 5
_LONGEST_NAME = 200  # each thing within a thing repeats it
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_ITEM = re.compile(r"([^\[\]]+)\[([0-9]{1,20})\]\[([^\[\]]+)\]")
_FORM = "application/x-www-form-urlencoded"
_TRUE, _FALSE = ("true", "1", "on", "t", "yes"), ("false", "0", "off", "f", "no", "")


class Arguments:
    """Values by name. What is nested is named as in a form: source[privacy], fields_attributes[0][name]."""

    def __init__(self, values: Mapping[str, list[Any]]) -> None:
        self._values = values

    @classmethod
    def of_request(cls) -> "Arguments":
        """Raises HearthError for a body that is not what it says it is."""
        request = flask.request
        values: dict[str, list[Any]] = {}
        asking = request.method in ("GET", "HEAD") and not has_body()
        raw = b"" if asking or request.mimetype != _FORM else request.get_data(cache=True)
        for source, written in ((request.args, request.query_string), (None if asking else request.form, raw)):
            for name, given in source.lists() if source else ():
                if "[][" not in _plain(name):
                    values.setdefault(_plain(name), []).extend(given)
            if source and any("[][" in _plain(name) for name in source):
                _number(parse_qsl(written.decode(errors="replace"), keep_blank_values=True), values)
        # Some apps say JSON of every request, whether it has a body or not.
        if not asking and request.is_json and (body := request.get_data(cache=False)):
            _flatten(_json(body), "", values, 0)
        return cls(values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        return list(self._values)

    def groups(self, name: str) -> list["Arguments"]:
        """The items of a list whose items have parts: name[0][part], or name[][part] in a form."""
        found: dict[int, dict[str, list[Any]]] = {}
        for key, given in self._values.items():
            match = _ITEM.fullmatch(key)
            if match and match[1] == name:
                found.setdefault(int(match[2]), {})[match[3]] = given
        return [Arguments(found[index]) for index in sorted(found)]

    def texts(self, name: str) -> list[str]:
        return [_text(name, value) for value in self._values.get(name, ()) if value is not None]

    def text(self, name: str) -> str | None:
        given = self.texts(name)
        return given[-1] if given else None

    def flag(self, name: str) -> bool | None:
        given = self.text(name)
        if given is None:
            return None
        if given.lower() in _TRUE:
            return True
        if given.lower() in _FALSE:
            return False
        raise BadInput(f"Validation failed: {name} must be true or false", "")

    def number(self, name: str) -> int | None:
        given = self.text(name)
        if not given:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,30}", given):
            raise BadInput(f"Validation failed: {name} must be a number", "")
        return int(given)

    def id(self, name: str) -> int | None:
        """An id of ours; any that is larger than all is the largest."""
        given = self.number(name)
        return None if given is None else max(0, min(given, LARGEST_ID))

    def ids(self, name: str, most: int = 100) -> list[int]:
        given = self.texts(name)[:most]
        return [int(value) for value in given if re.fullmatch(r"[0-9]{1,18}", value)]

    def choice(self, name: str, kind: type[E]) -> E | None:
        given = self.text(name)
        if not given:
            return None
        try:
            return kind(given)
        except ValueError:
            raise BadInput(f"Validation failed: {name} is not one of those there are", "") from None

    def page(self, default: int = 20, most: int | None = None) -> Page:
        """As Mastodon reads it: a negative limit counts as its size, one too large as the largest."""
        limit = self.number("limit")
        limit = default if limit is None else max(1, min(abs(limit), most or 2 * default))
        return Page(limit, self.id("max_id"), self.id("since_id"), self.id("min_id"))


def has_body() -> bool:
    """Whether the request sends more than its address. Answers to those that do not are kept by their address."""
    headers = flask.request.headers
    return headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers


def parse_id(text: str) -> int:
    """An id in a path; 0, which nothing has, for what can't be one."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _plain(name: str) -> str:
    """Without the mark of a list, which some clients set twice."""
    return name.removesuffix("[]").removesuffix("[]")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise HearthError("bad-json", "Error occurred while parsing request parameters", status=400) from None


def _flatten(value: Any, name: str, values: dict[str, list[Any]], depth: int) -> None:
    if depth > MAX_DEPTH or len(name) > _LONGEST_NAME:
        raise HearthError("bad-json", "Error occurred while parsing request parameters", status=400)
    if isinstance(value, dict):
        for key, item in value.items():
            _flatten(item, f"{name}[{key}]" if name else _plain(key), values, depth + 1)
    elif not name:
        raise HearthError("bad-json", "Error occurred while parsing request parameters", status=400)
    elif isinstance(value, list):
        values.setdefault(name, [])
        for index, item in enumerate(value):
            nested = isinstance(item, (dict, list))
            _flatten(item, f"{name}[{index}]" if nested else name, values, depth + 1)
    else:
        values.setdefault(name, []).append(value)


def _number(pairs: Iterable[tuple[str, str]], values: dict[str, list[Any]]) -> None:
    """list[][part] becomes list[0][part]: a part that its item has already begins the next one."""
    items: dict[str, tuple[int, set[str]]] = {}
    for name, value in pairs:
        head, nested, part = name.partition("[][")
        if nested:
            index, parts = items.setdefault(head, (0, set()))
            if part in parts:
                index, parts = items[head] = index + 1, set()
            parts.add(part)
            values.setdefault(f"{head}[{index}][{part}", []).append(value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _NOT_TEXT.search(text):
        raise BadInput(f"Validation failed: {name} holds characters that are not text", "")
    return text

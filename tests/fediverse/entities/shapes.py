# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether what is answered has the documented shape: every field, of its type, and none that nobody knows."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DOCUMENTED = Path(__file__).parent / "documented.tsv"
_EXTENDS = {
    "CredentialAccount": "Account",
    "MutedAccount": "Account",
    "CredentialApplication": "Application",
    "Trends::Link": "PreviewCard",
    "Admin::Tag": "Tag",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True)
class Field:
    entity: str
    path: str
    type: str
    nullable: bool
    optional: bool


@cache
def documented() -> dict[str, dict[str, Field]]:
    """By entity, then by path; what an entity extends is part of it."""
    found: dict[str, dict[str, Field]] = {}
    for line in _DOCUMENTED.read_text().splitlines():
        if not line.startswith("#"):
            entity, path, kind, null, optional, _ = line.split("\t")
            found.setdefault(entity, {})[path] = Field(entity, path, kind, null == "null", optional == "optional")
    for entity, base in _EXTENDS.items():
        found[entity] = found[base] | found[entity]
    return found


def differences(entity: str, value: Any, where: str = "") -> list[str]:
    """What is not as documented, in words."""
    return list(_compare(entity, value, where or entity))


def _compare(entity: str, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no {entity}"
        return
    fields = documented()[entity]
    yield from _fields(fields, "", value, where)


def _fields(fields: dict[str, Field], prefix: str, value: dict[str, Any], where: str) -> Iterator[str]:
    """The fields of an entity, or of a hash within it."""
    here = {path.removeprefix(prefix): each for path, each in fields.items() if path.startswith(prefix)}
    direct = {name: each for name, each in here.items() if "/" not in name}
    for name, each in direct.items():
        if name not in value:
            if not each.optional:
                yield f"{where}.{name} is missing"
        elif value[name] is None:
            if not each.nullable:
                yield f"{where}.{name} is null"
        else:
            yield from _value(fields, prefix + name, each.type, value[name], f"{where}.{name}")
    # What the documentation shows no parts of may have any.
    within = {name.split("/")[0] for name in here if "/" in name}
    for name in value.keys() - direct.keys() - within:
        yield f"{where}.{name} is nowhere documented"


def _value(fields: dict[str, Field], path: str, kind: str, value: Any, where: str) -> Iterator[str]:
    if kind.startswith("["):
        if not isinstance(value, list):
            yield f"{where} is no list but {value!r}"
            return
        for each in value:
            yield from _value(fields, f"{path}[]", kind[1:-1], each, f"{where}[]")
    elif kind == "hash":
        if not isinstance(value, dict):
            yield f"{where} is no hash but {value!r}"
        elif any(each.startswith(f"{path}/") for each in fields) and path != "meta":
            yield from _fields(fields, f"{path}/", value, where)
    elif kind in _SIMPLE:
        if not _SIMPLE[kind](value):
            yield f"{where} is no {kind} but {value!r}"
    elif kind == "Quote" and isinstance(value, dict) and "quoted_status_id" in value:
        yield from _compare("ShallowQuote", value, where)
    else:
        yield from _compare(kind, value, where)


def _is_text(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: type(value) is kind


_SIMPLE: dict[str, Callable[[Any], bool]] = {
    "string": _is(str),
    "integer": _is(int),
    "boolean": _is(bool),
    "float": lambda value: type(value) in (int, float),
    "number": lambda value: type(value) in (int, float),
    "number string": _is_text("[0-9]+"),
    "seconds string": _is_text("[0-9]+"),
    "url": _is_text("(https?|wss?)://.+|urn:.+"),
    "date": _is_text(r"\d{4}-\d\d-\d\d"),
    "datetime": lambda value: isinstance(value, str) and _MOMENT.fullmatch(value) is not None,
}

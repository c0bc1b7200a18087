# SPDX-License-Identifier: AGPL-3.0-or-later
"""The edge: JSON-like data into frozen dataclasses by their annotations, strictly, and back."""

import dataclasses
import json
import types
import typing
from enum import Enum
from typing import Any, TypeVar, Union

from appliance.errors import BadInput
from appliance.secret import Secret

T = TypeVar("T")


def from_dict(cls: type[T], data: object, *, where: str = "") -> T:
    """Build dataclass `cls` from a mapping. Unknown names, missing names and wrong types raise BadInput.

    Understands str, int, float, bool, None, Secret, Enum, tuple[X, ...], dict[str, X], unions and
    nested dataclasses. An int is accepted where a float is asked for; nothing else is converted.
    """
    if not isinstance(data, dict):
        raise BadInput(f"{where or cls.__name__} must be an object.")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(str(name) for name in set(data) - set(fields))
    if unknown:
        raise BadInput(f"{_path(where, unknown[0])} is not known here.")
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _convert(hints[name], data[name], _path(where, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise BadInput(f"{_path(where, name)} is missing.")
    return cls(**values)


def to_dict(value: Any) -> Any:
    """Turn dataclasses, enums, secrets and tuples into what `json.dumps` takes. The inverse of `from_dict`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_dict(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, (list, tuple)):
        return [to_dict(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_dict(item) for key, item in value.items()}
    return value


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _convert(hint: Any, value: object, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return _convert_union(hint, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise BadInput(f"{where} must be a list.")
        item = typing.get_args(hint)[0]
        return tuple(_convert(item, each, f"{where}[{index}]") for index, each in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise BadInput(f"{where} must be an object.")
        item = typing.get_args(hint)[1]
        return {str(key): _convert(item, each, _path(where, str(key))) for key, each in value.items()}
    return _convert_plain(hint, value, where)


def _convert_union(hint: Any, value: object, where: str) -> Any:
    choices = typing.get_args(hint)
    if value is None and type(None) in choices:
        return None
    failure: BadInput | None = None
    for choice in choices:
        if choice is type(None):
            continue
        try:
            return _convert(choice, value, where)
        except BadInput as error:
            failure = error
    raise failure or BadInput(f"{where} has no value that fits.")


def _convert_plain(hint: Any, value: object, where: str) -> Any:
    if hint is Any or hint is object:
        return value
    if dataclasses.is_dataclass(hint):
        return from_dict(typing.cast(type, hint), value, where=where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            choices = ", ".join(str(member.value) for member in hint)
            raise BadInput(f"{where} must be one of: {choices}.") from None
    if isinstance(value, str) and not _is_text(value):
        raise BadInput(f"{where} is not proper Unicode text.")
    if hint is Secret and isinstance(value, str):
        return Secret(value)
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    wanted = {str: "text", Secret: "text", int: "a whole number", float: "a number", bool: "true or false"}
    raise BadInput(f"{where} must be {wanted.get(hint, str(hint))}.")


def _is_text(value: str) -> bool:
    """False for lone surrogates: JSON can name them, and nothing after this can write them down."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_object(line: bytes) -> dict[str, Any]:
    """What another process said in one line. Raises BadInput not-json."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise BadInput("That is not JSON.", key="not-json") from None
    if not isinstance(data, dict):
        raise BadInput("That is not a JSON object.", key="not-json")
    return data

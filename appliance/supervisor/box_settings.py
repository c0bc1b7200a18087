# SPDX-License-Identifier: AGPL-3.0-or-later
"""The settings an owner can see and change, by key, and the last steps of the set-up. All in the loop."""

from collections.abc import Callable

from appliance import internet_name
from appliance.errors import BadInput, Refused
from appliance.supervisor.core import Core
from appliance.supervisor.protocol import Address, Key, KeyValue

MAX_NAME = 40
MAX_HELPERS = 5


class BoxSettings:
    def __init__(self, core: Core, origin: Callable[[], str | None]) -> None:
        """`origin` is what the instance says its name is, for ever; None while it has none or never answered."""
        self._core = core
        self._origin = origin

    def get(self, asked: Key) -> object:
        """One value as text, or all by key when the key is "". Raises BadInput unknown-setting."""
        settings = self._core.settings
        values = {
            "name": settings.box_name,
            "address": settings.address or "",
            "gateway": settings.gateway.host if settings.gateway else "",
            "owner": settings.owner or "",
            "helpers": " ".join(settings.helpers),
            "ports_by_hand": "yes" if settings.ports_by_hand else "no",
        }
        if not asked.key:
            return values
        if asked.key not in values:
            raise _unknown(asked.key, values)
        return values[asked.key]

    def set(self, asked: KeyValue) -> dict[str, str]:
        """Raises BadInput unknown-setting, bad-name, bad-address, bad-helpers, bad-answer; Refused."""
        if asked.key == "name":
            self._core.change(box_name=_box_name(asked.value))
        elif asked.key == "address":
            self.choose_address(Address(asked.value))
        elif asked.key == "helpers":
            self._core.change(helpers=_helpers(asked.value))
        elif asked.key == "ports_by_hand":
            self._core.change(ports_by_hand=_yes(asked.value))
        elif asked.key == "owner":
            raise Refused("not-settable", "The owner is set by claiming the box.", "Reset the console first.")
        elif asked.key == "gateway":
            raise Refused("not-settable", "A gateway is used by invitation.", "hearth gateway use")
        else:
            raise _unknown(asked.key, ("name", "address", "helpers", "ports_by_hand"))
        return {}

    def choose_address(self, asked: Address) -> dict[str, str]:
        """May be changed until the set-up is finished. Raises Refused set-up-first, address-is-final; BadInput
        bad-address."""
        settings = self._core.settings
        name = _internet_name(asked.name)
        if settings.owner is None:
            raise Refused("set-up-first", "This box has no owner yet.", "Answer the earlier steps first.", status=409)
        final = self._final()
        if final and name != final:
            raise Refused(
                "address-is-final",
                f"The instance is called {final}, and that is for ever.",
                "Its posts and followers know it by this name.",
                status=409,
            )
        self._core.change(address=name, address_final=bool(name) and settings.setup_done)
        return {}

    def _final(self) -> str | None:
        """The instance itself knows best: settings may have been lost."""
        origin, settings = self._origin(), self._core.settings
        if origin is not None and origin.startswith("https://"):
            return origin.removeprefix("https://")
        return settings.address if settings.address_final else None

    def finish(self) -> dict[str, str]:
        """Raises Refused set-up-first."""
        settings = self._core.settings
        if settings.owner is None or settings.address is None:
            raise Refused("set-up-first", "The set-up is not complete.", "Answer the earlier steps first.", status=409)
        self._core.change(setup_done=True, address_final=bool(settings.address))
        return {}


def _box_name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise BadInput(f"A box's name has 1 to {MAX_NAME} characters.", "Choose another one.", key="bad-name")
    return name


def _internet_name(text: str) -> str:
    """The name in lower case, or "" for home only. Raises BadInput bad-address."""
    name = text.strip().lower().removesuffix(".")
    if not name:
        return ""
    if not internet_name.is_well_formed(name):
        raise _bad_address("That is not a name on the internet.")
    if not internet_name.is_public(name):
        raise _bad_address("Nobody on the internet could reach the box by that name.")
    return name


def _helpers(text: str) -> tuple[str, ...]:
    """Host names, however they are separated. Raises BadInput bad-helpers."""
    names = tuple(dict.fromkeys(text.replace(",", " ").lower().split()))
    for name in names:
        if not internet_name.is_well_formed(name) or not internet_name.is_public(name):
            raise BadInput(
                f"{name[:60]} is not the name of a server on the internet.",
                "Give names like friends.example.org, without https://.",
                key="bad-helpers",
            )
    if len(names) > MAX_HELPERS:
        raise BadInput(f"At most {MAX_HELPERS} servers are asked.", "Choose the best of them.", key="bad-helpers")
    return names


def _yes(text: str) -> bool:
    answer = {"yes": True, "no": False}.get(text.strip().lower())
    if answer is None:
        raise BadInput("That is neither yes nor no.", key="bad-answer")
    return answer


def _bad_address(sentence: str) -> BadInput:
    return BadInput(
        sentence,
        "Give a name like friends.example.org, without https:// and without accents.",
        key="bad-address",
    )


def _unknown(key: str, known: object) -> BadInput:
    names = ", ".join(known) if isinstance(known, (dict, tuple)) else ""
    return BadInput(f"There is no setting {key[:40]!r}.", f"The settings are {names}.", key="unknown-setting")

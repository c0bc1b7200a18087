# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wizard without its pages: which step comes next, and what each answer does. Web and CLI both use it.

Nothing is stored here: the step follows from what the supervisor and the instance already know, so a power cut
resumes where it was, no step can be skipped, and a box reset to its first day skips what the instance still has.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from appliance.errors import Refused
from appliance.fediverse.model import Role
from appliance.passwords import check_strength
from appliance.secret import Secret
from appliance.status import Status
from appliance.supervisor.protocol import ClaimState, ClaimView, Held, NameHold


class Step(Enum):
    CLAIM = "claim"
    OWNER = "owner"
    INSTANCE = "instance"
    ADDRESS = "address"
    REVIEW = "review"
    DONE = "done"


class Supervisor(Protocol):
    """The part of SupervisorClient that is needed here."""

    def claim_look(self, browser: Secret) -> ClaimView: ...
    def owner_set(self, browser: Secret, username: str, password: Secret) -> int: ...
    def address_choose(self, name: str) -> None: ...
    def name_hold(self, asked: NameHold) -> None: ...
    def setup_finish(self) -> None: ...


class Instance(Protocol):
    """The part of InstanceClient that is needed here."""

    def add_member(self, username: str, password: Secret | None = None, role: Role = Role.MEMBER) -> object: ...
    def set(self, key: str, value: str) -> None: ...


def step(status: Status, instance: Mapping[str, str]) -> Step:
    """The first step that is not fulfilled; `instance` is what `InstanceClient.get_all` answers."""
    box = status.box
    if box.setup_done:
        return Step.DONE
    if not box.claimed:
        return Step.CLAIM
    if box.owner is None:
        return Step.OWNER
    if not instance.get("title"):
        return Step.INSTANCE
    if box.address is None:
        return Step.ADDRESS
    return Step.REVIEW


@dataclass(frozen=True)
class Answers:
    """All of the wizard's answers at once, as a file gives them. `address` is "" for home only; a name on the
    internet is for ever. `name` is the box's own."""

    username: str
    title: str
    address: str
    password: Secret | None = None
    description: str = ""
    rules: tuple[str, ...] = ()
    name: str | None = None
    code: Secret | None = None


class WholeSupervisor(Supervisor, Protocol):
    """What `answer_all` needs beside the answers."""

    def status(self) -> Status: ...
    def claim_code(self, browser: Secret, code: Secret) -> ClaimView: ...
    def settings_set(self, key: str, value: str) -> None: ...


class WholeInstance(Instance, Protocol):
    def get_all(self) -> dict[str, str]: ...


class Setup:
    """Every answer may be given again: the second time changes nothing or says what stands in the way."""

    def __init__(self, supervisor: Supervisor, instance: Instance) -> None:
        self._supervisor = supervisor
        self._instance = instance

    def answer_owner(self, browser: Secret, username: str, password: Secret) -> int:
        """The member first: if the power fails between the two, this step simply comes again. Answers the epoch.

        Raises Refused not-yours, BadInput weak-password, and what the two parts raise.
        """
        check_strength(password, about=(username,))
        if self._supervisor.claim_look(browser).state is not ClaimState.MINE:
            raise Refused("not-yours", "This box was claimed from another browser.", "Press its button to claim it.")
        self._instance.add_member(username, password, Role.OWNER)
        return self._supervisor.owner_set(browser, username, password)

    def answer_instance(self, title: str, description: str, rules: str) -> None:
        """`rules` are one per line. The title comes last, as it marks the step as done."""
        self._instance.set("description", description)
        self._instance.set("rules", rules)
        self._instance.set("title", title)

    def answer_address(self, asked: NameHold | None) -> None:
        """None for home only; a name on the internet is for ever."""
        if asked is None:
            self._supervisor.address_choose("")
        else:
            self._supervisor.name_hold(asked)

    def finish(self) -> None:
        self._supervisor.setup_finish()


def answer_all(
    supervisor: WholeSupervisor,
    instance: WholeInstance,
    answers: Answers,
    *,
    code: Callable[[], Secret],
    password: Callable[[], Secret],
) -> list[str]:
    """The whole wizard; the names of the steps that were still to be done. `code` and `password` are asked for only
    if they are needed. Raises what the steps raise; then it can be called again."""
    setup, browser = Setup(supervisor, instance), Secret(secrets.token_urlsafe(32))
    done: list[str] = []
    while (here := step(supervisor.status(), instance.get_all())) is not Step.DONE:
        if here in (Step.CLAIM, Step.OWNER):
            # A box claimed from elsewhere but without an owner: the code claims it again, for us.
            supervisor.claim_code(browser, code())
            setup.answer_owner(browser, answers.username, password())
        elif here is Step.INSTANCE:
            setup.answer_instance(answers.title, answers.description, "\n".join(answers.rules))
        elif here is Step.ADDRESS:
            setup.answer_address(NameHold(Held.OWN, answers.address) if answers.address else None)
        else:
            if answers.name is not None:
                supervisor.settings_set("name", answers.name)
            setup.finish()
        done.append(here.value)
    return done

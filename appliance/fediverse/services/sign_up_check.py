# SPDX-License-Identifier: AGPL-3.0-or-later
"""All that is wrong with an application to become a member, at once."""

import re

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, members
from appliance.fediverse.model import MemberState
from appliance.fediverse.services import email_blocks
from appliance.fediverse.services.members import MAX_REASON, check_password_strength, is_reserved
from appliance.fediverse.services.problems import Problem, Problems, too_long
from appliance.fediverse.services.registration import Application
from appliance.passwords import MAX_LENGTH, MIN_LENGTH

MAX_NAME = 30
_NAME = re.compile(r"[a-z0-9_]+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}")
_BLANK = Problem("ERR_BLANK", "can't be blank")
_TAKEN = Problem("ERR_TAKEN", "has already been taken")


def find(tx: Tx, application: Application, state: MemberState, *, agreed: bool) -> Problems:
    """By field; empty where nothing is wrong. `state` is how they would begin."""
    found = {
        "username": _of_username(tx, application.name),
        "email": _of_email(tx, application.email),
        "password": _of_password(tx, application),
        "agreement": [] if agreed else [Problem("ERR_ACCEPTED", "must be accepted")],
        "locale": _of_locale(application.locale),
        "reason": _of_reason(application.reason, state),
    }
    return {field: problems for field, problems in found.items() if problems}


def _of_username(tx: Tx, name: str) -> list[Problem]:
    if not name:
        return [_BLANK]
    if not _NAME.fullmatch(name):
        return [Problem("ERR_INVALID", "must contain only letters, numbers and underscores")]
    if len(name) > MAX_NAME:
        return [too_long(MAX_NAME)]
    if is_reserved(name):
        return [Problem("ERR_RESERVED", "is reserved")]
    taken = sa.select(accounts.c.id).where(accounts.c.username_key == name, accounts.c.domain == "")
    return [_TAKEN] if tx.exists(taken) else []


def _of_email(tx: Tx, email: str | None) -> list[Problem]:
    """None need be given."""
    if email is None:
        return []
    if not email_blocks.is_address(email):
        return [Problem("ERR_INVALID", "is invalid")]
    if email_blocks.is_blocked(tx, email):
        return [Problem("ERR_BLOCKED", "contains a disallowed e-mail provider")]
    taken = sa.select(members.c.account_id).where(sa.func.lower(members.c.email) == email.lower())
    return [_TAKEN] if tx.exists(taken) else []


def _of_password(tx: Tx, application: Application) -> list[Problem]:
    if not application.password.reveal():
        return [_BLANK]
    length = len(application.password.reveal())
    if length < MIN_LENGTH:
        return [Problem("ERR_TOO_SHORT", f"is too short (minimum is {MIN_LENGTH} characters)")]
    if length > MAX_LENGTH:
        return [too_long(MAX_LENGTH)]
    try:
        check_password_strength(tx, application.name, application.password)
    except BadInput:
        return [Problem("ERR_INVALID", "is too easy to guess")]
    return []


def _of_locale(locale: str | None) -> list[Problem]:
    if locale is None or _LOCALE.fullmatch(locale):
        return []
    return [Problem("ERR_INCLUSION", "is not included in the list")]


def _of_reason(reason: str, state: MemberState) -> list[Problem]:
    if len(reason) > MAX_REASON:
        return [too_long(MAX_REASON)]
    return [_BLANK] if state is MemberState.PENDING and not reason.strip() else []

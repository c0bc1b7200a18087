# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of a status without its HTML, for whoever looks for some of them."""

import re
from html import unescape
from typing import Any

import sqlalchemy as sa

_BREAK = re.compile(r"<br\b[^>]*>|</(?:p|li|blockquote|pre)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def text(html: str) -> str:
    """Of HTML that was made or sanitised here, where < and > in text are escaped."""
    return unescape(_TAG.sub("", _BREAK.sub("\n", html))).strip()


def of_status(status: sa.Row[Any]) -> str:
    """Its warning, its text, and what its pictures are said to show."""
    described = (str(each.get("description") or "") for each in status.attachments or ())
    return "\n".join(part for part in (status.spoiler_text, text(status.content), *described) if part)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of a status without its HTML, for whoever looks for some of them."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

_BREAK = re.compile(r"<br\b[^>]*>|</(?:p|li|blockquote|pre)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def text(html: str) -> str:
    """Of HTML that was made or sanitised here, where < and > in text are escaped."""
    return unescape(_TAG.sub("", _BREAK.sub("\n", html))).strip()


def of_status(status: Mapping[str, Any]) -> str:
    """Its warning, its text, and what its pictures are said to show; `status` are the columns of its row."""
    described = (str(each.get("description") or "") for each in status.get("attachments") or ())
    parts = (status.get("spoiler_text"), text(status.get("content") or ""), *described)
    return "\n".join(part for part in parts if part)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file of answers for `hearth setup --answers`, for boxes whose wizard is not what a test is about."""

from tests.end_to_end.box import Box

USERNAME = "clara"
PASSWORD = "plain wooden ladder 7"

_ANSWERS = f"""\
username = "{USERNAME}"
password = "{PASSWORD}"
title = "The Shed"
description = "Tools to borrow."
rules = ["Bring it back.", "Clean."]
address = ""
"""


def answers_file(box: Box) -> str:
    path = box.folder / "answers.toml"
    path.write_text(_ANSWERS)
    return str(path)

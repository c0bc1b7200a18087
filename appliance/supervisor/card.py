# SPDX-License-Identifier: AGPL-3.0-or-later
"""hearth.txt on the card: the claim code, for boxes without a button and for whoever lost the way in.

Whoever holds the card holds the box: the code claims it while it has no owner, and afterwards opens the same
recovery login that a press of the button opens.
"""

import re

from appliance.secret import Secret

_LINE = re.compile(r"^Code: ([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", re.MULTILINE)


def write(code: Secret) -> bytes:
    """Windows line ends, as this is read in whatever opens first on whichever computer the card is put into."""
    text = f"""This is the card of a Hearth box.

Code: {code.reveal()}

While the box belongs to nobody: open its page in your browser, choose "I have a code" and type the code.
The box is then yours. Pressing the button on the box does the same.

When the box is yours already: the code lets you choose a new password for it, if you forgot the old one.

Whoever has this code can take over the box. Keep the card where you keep the box.
"""
    return text.replace("\n", "\r\n").encode()


def read(text: bytes) -> Secret | None:
    """The code in such a file."""
    match = _LINE.search(text.decode(errors="replace").replace("\r\n", "\n"))
    return Secret(match[1]) if match else None

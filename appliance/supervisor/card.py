# SPDX-License-Identifier: AGPL-3.0-or-later
"""hearth.txt on the card: the claim code out, answers in. Pure: bytes to what they say, and back.

Whoever holds the card holds the box: the code claims it while it has no owner, and afterwards opens the same
recovery login that a press of the button opens.

On a board the file lies on a FAT partition and is written in place, so its length never changes. A power cut between
two sectors must never show half of somebody's answers: the line that opens them begins a sector, `closed` puts it out
first, and `Files.overwrite` writes it last of what lies behind it.
"""

import re

from appliance.secret import Secret
from appliance.system.files import SECTOR

SIZE = 8192
MAX_SIZE = 64 * 1024  # whatever somebody's editor made of it
BEGIN = "===== answers: begin ====="
END = "===== answers: end ====="
_CLOSED = "===== answers: taken ====="

_CODE = re.compile(r"^Code: ([A-Z0-9]{4}-[A-Z0-9]{4})\s*$", re.MULTILINE)
_SAID = re.compile(r"^> (.*)$", re.MULTILINE)
_MAX_SAID = 12
# What some editors put in front: UTF-8 and UTF-16 with a byte order mark.
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_HEAD = """This is the card of a Hearth box.

Code: {code}

While the box belongs to nobody: open its page in your browser, choose "I have a code" and type the code.
The box is then yours. Pressing the button on the box does the same.

When the box is yours already: the code lets you choose a new password for it, if you forgot the old one.

Whoever has this code can take over the box. Keep the card where you keep the box.
"""
_FRESH = """This is the card of a Hearth box that has not started yet.

When it has, a code stands here that makes the box yours. A press of its button does the same.
"""
_SHORT_HEAD = "Hearth\n\nCode: {code}\n"
_SAYS = "\nWhat the box says:\n"
_HELP = """
You can answer the box's questions here instead. Remove the # in front of the lines you want between the two
marked lines, fill them in, save, and put the card back. The box reads them when it starts, and removes them.
"""
_EXAMPLE = """# [wifi]
# ssid = "name of your Wi-Fi"
# password = "its password"
# country = "DE"
#
# [box]
# name = "hearth"
# ssh_key = "ssh-ed25519 AAAA..."
#
# [wizard]
# username = "anna"
# password = "four unrelated words"
# title = "Our friends"
# description = "A place for us"
# rules = ["Be kind."]
# address = ""
"""


def write(code: Secret, said: tuple[str, ...] = (), answers: str | None = None, size: int = SIZE) -> bytes:
    """The file, exactly `size` bytes long. `said` is what the box tells in lines of its own; `answers` stand between
    the marks if somebody has yet to correct them.

    Windows line ends, as this is read in whatever opens first on whichever computer the card is put into. A file
    that somebody's editor made shorter keeps what matters most, the code.
    """
    says = _SAYS + "".join(f"> {line}\n" for line in said) if said else ""
    head, short = (each.format(code=code.reveal()) for each in (_HEAD, _SHORT_HEAD))
    block = _EXAMPLE if answers is None else answers
    for front, body in ((head + says + _HELP, block), (short + says, block), (short + says, "")):
        text = _sectors(front) + _crlf(f"{BEGIN}\n{body}{END}\n")
        if len(text) <= size:
            return _padded(text, size)
    return _padded(_crlf(short)[:size], size)


def fresh() -> bytes:
    """The file on a card that was just written: there is no code yet, but a place for answers."""
    return _padded(_sectors(_FRESH + _HELP) + _crlf(f"{BEGIN}\n{_EXAMPLE}{END}\n"), SIZE)


def read(content: bytes) -> Secret | None:
    """The code in such a file."""
    match = _CODE.search(_text(content))
    return Secret(match[1]) if match else None


def said(content: bytes) -> tuple[str, ...]:
    """What the box told in it last time."""
    found = [line.rstrip() for line in _SAID.findall(_text(content).partition(BEGIN)[0])]
    return tuple(line for line in found[:_MAX_SAID] if line.isprintable() and len(line) <= 300)


def pending(content: bytes) -> str | None:
    """What somebody wrote between the marked lines; None if that is nothing but comments."""
    lines = _text(content).split("\n")
    marks = [number for number, line in enumerate(lines) if line.strip() == BEGIN]
    if not marks:
        return None
    rest = lines[marks[0] + 1 :]
    ends = [number for number, line in enumerate(rest) if line.strip() == END]
    # Without the closing line everything to the end counts: somebody meant it, and it must not stay there.
    block = rest[: ends[0]] if ends else rest
    if all(not line.strip() or line.strip().startswith("#") for line in block):
        return None
    return "\n".join(block) + "\n"


def closed(content: bytes) -> bytes:
    """The same without its opening line, so that what follows will never be read again."""
    for codec in ("ascii", "utf-16-le", "utf-16-be"):
        content = content.replace(BEGIN.encode(codec), _CLOSED.encode(codec))
    return content


def _text(content: bytes) -> str:
    codec = next((codec for mark, codec in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(codec, errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _sectors(text: str) -> bytes:
    """Filled up with blanks, so that the next byte begins a sector."""
    content = _crlf(text)
    missing = -(len(content) + 2) % SECTOR
    return content + b" " * missing + b"\r\n"


def _padded(content: bytes, size: int) -> bytes:
    """Up to its length with lines of blanks, which no editor shows."""
    line = b" " * (SECTOR - 2) + b"\r\n"
    missing = size - len(content)
    return content + (line * (missing // len(line) + 1))[:missing]

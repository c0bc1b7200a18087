# SPDX-License-Identifier: AGPL-3.0-or-later
"""`hearth setup`: the wizard without a browser, from a file of answers. It can be run again at any time."""

import argparse
import tomllib
from pathlib import Path

from appliance.cli.arguments import Groups, add_command
from appliance.cli.context import Context
from appliance.cli.passwords import read_password
from appliance.errors import BadInput, HearthError, Unavailable
from appliance.fediverse.client import InstanceClient
from appliance.parse import from_dict
from appliance.secret import Secret
from appliance.setup import Answers, answer_all
from appliance.supervisor import card
from appliance.system.clock import Clock, SystemClock

START_SECONDS = 60.0
_EXAMPLE = """\
the file of answers (TOML):
  username = "anna"                       the owner's user name
  password = "four unrelated words"       left out: it is asked for, or read from standard input
  title = "Our friends"                   the instance's name
  description = "A place for us"          optional
  rules = ["Be kind."]                    optional
  address = ""                            "" for home only, or the name on the internet, for ever
  name = "hearth"                         the box's name, optional
  code = "ABCD-EFGH"                      optional; else it is read from the box's card
"""


def register(groups: Groups) -> None:
    parser = add_command(
        groups,
        "setup",
        run,
        help="answer the wizard's questions from a file",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--answers", required=True, metavar="FILE", help="the file of answers")


def run(context: Context, arguments: argparse.Namespace) -> None:
    answers = read_answers(Path(arguments.answers))
    supervisor, instance = context.supervisor, context.instance
    wait_for(instance, SystemClock())
    done = answer_all(
        supervisor,
        instance,
        answers,
        code=lambda: answers.code or _code_on_card(context),
        password=lambda: answers.password or read_password(f"Password for {answers.username}: "),
    )
    status = supervisor.status()
    text = "The box is set up." if done else "The box was set up already; nothing was changed."
    addresses = "\n".join(f"Console: {address}" for address in status.addresses)
    context.answer(
        {"steps": done, "addresses": status.addresses, "instance_url": status.instance_url},
        f"{text}\n{addresses}\nInstance: {status.instance_url}",
    )


def wait_for(instance: InstanceClient, clock: Clock) -> None:
    """A box that is just starting answers soon; whoever asks for the set-up means to wait. Raises Unavailable."""
    deadline = clock.monotonic() + START_SECONDS
    while True:
        try:
            instance.get_all()
        except Unavailable:
            if clock.monotonic() >= deadline:
                raise
            clock.sleep(0.5)
        else:
            return


def read_answers(path: Path) -> Answers:
    """Raises BadInput when the file is not there, not TOML, or has unknown or missing answers."""
    try:
        data = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise BadInput(f"{path} could not be read: {error.strerror}.", "Check the path.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{path} is not TOML: {error}.", "See `hearth setup --help`.") from None
    try:
        return from_dict(Answers, data)
    except BadInput as error:
        raise BadInput(f"{path}: {error.sentence}", "See `hearth setup --help`.") from None


def _code_on_card(context: Context) -> Secret:
    path = context.config.card_file
    try:
        code = card.read(path.read_bytes())
    except OSError:
        code = None
    if code is None:
        raise HearthError(
            "no-code",
            f"The claim code could not be read from {path}.",
            "Run this as root on the box, or give `code` in the answers.",
        )
    return code

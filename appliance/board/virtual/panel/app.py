# SPDX-License-Identifier: AGPL-3.0-or-later
"""The front panel's pages. Whoever may use them holds the box in their hands, so they answer this machine alone.

A page on the internet can make a browser send requests to 127.0.0.1. Against that: only names of this machine are
accepted as Host (a rebound DNS name isn't one), every change carries a token that only our own page knows, and
its Origin must be ours.
"""

import json
import math
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from appliance import design
from appliance.board.virtual.box import VirtualBox
from appliance.board.virtual.machine import DEBOUNCE
from appliance.board.virtual.panel import home as homes
from appliance.board.virtual.panel.ailments import changed
from appliance.board.virtual.panel.look import Links, look_at
from appliance.errors import BadInput, HearthError, Refused
from appliance.parse import to_dict
from appliance.secret import Secret
from appliance.system.clock import Clock

_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_MAX_FORM = 64 * 1024
_HOLDS = (0.2, 7.0, 16.0)
_MAX_STREAMS = 16
_SILENCE = 10.0
# Log lines come without a change of state; how often they are looked at, and the shortest pause between two looks.
_LOOK_EVERY = 1.0
_LOOK_PAUSE = 0.05

Form = Mapping[str, str]


def create_panel(
    box: VirtualBox, links: Links, clock: Clock, card: Callable[[], str], write_card: Callable[[str], None]
) -> Flask:
    """`card` reads hearth.txt, "" while there is none; `write_card` is what a person's editor does to it."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_FORM
    design.register(app)
    token = Secret(secrets.token_urlsafe(32))
    actions = _actions(box, clock, write_card)
    streams = threading.BoundedSemaphore(_MAX_STREAMS)

    @app.before_request
    def guard() -> None:
        if request.host.rpartition(":")[0] not in _HOSTS and request.host not in _HOSTS:
            raise Refused("wrong-host", "The front panel answers only under the address 127.0.0.1.")
        if request.method == "POST":
            origin = request.headers.get("Origin")
            if origin is not None and urlsplit(origin).netloc != request.host:
                raise Refused("wrong-origin", "This was sent by another page.")
            if not token.matches(request.form.get("csrf", "")):
                raise Refused("wrong-token", "This page is out of date.", "Load it again.")

    @app.get("/")
    def page() -> str:
        look = look_at(box, clock, card)
        return render_template("panel.html", look=look, links=links, csrf=token.reveal())

    @app.get("/look")
    def look() -> Response:
        return Response(json.dumps(to_dict(look_at(box, clock, card))), mimetype="application/json")

    @app.get("/stream")
    def stream() -> Response:
        if not streams.acquire(blocking=False):
            raise HearthError("too-many", "Too many pages look at the box already.", "Close some.", status=503)
        response = Response(_stream(box, clock, card), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.call_on_close(streams.release)
        return response

    @app.post("/do/<action>")
    def act(action: str) -> AnyResponse:
        if action not in actions:
            raise HearthError("not-found", "The box has nothing like that.", status=404)
        actions[action](request.form)
        if request.headers.get("Accept") == "application/json":
            return Response("{}", mimetype="application/json")
        return redirect(url_for("page", _anchor=request.form.get("from", "")), 303)

    @app.errorhandler(HearthError)
    def explain(error: HearthError) -> tuple[str, int] | tuple[Response, int]:
        if request.headers.get("Accept") == "application/json":
            return Response(json.dumps({"error": error.to_dict()}), mimetype="application/json"), error.status
        return render_template("panel_error.html", error=error), error.status

    return app


def _actions(box: VirtualBox, clock: Clock, write_card: Callable[[str], None]) -> dict[str, Callable[[Form], None]]:
    """What can be done to the box, by the last part of the address."""
    machine = box.machine

    def hold(form: Form) -> None:
        seconds = _number(form, "seconds")
        if seconds not in _HOLDS:
            raise BadInput("The button can be held for 7 or 16 seconds here.")

        def finger() -> None:
            machine.press()
            clock.sleep(seconds)
            machine.release()

        box.soon(finger)

    def release(_: Form) -> None:
        # Programs click faster than contacts settle; no finger does.
        clock.sleep(2 * DEBOUNCE)
        machine.release()

    def suffer(form: Form) -> None:
        machine.suffer(changed(machine.state().ailments, form.get("what", ""), ill=form.get("ill") == "yes"))

    def arrange_home(form: Form) -> None:
        machine.rearrange(homes.changed(machine.state().home, form.get("what", ""), form.get("value", "")))

    def edit_card(form: Form) -> None:
        if machine.state().powered:
            raise Refused("card-in-use", "The card is in the box.", "Shut the box down first.", status=409)
        write_card(form.get("text", ""))

    def plug_disk(form: Form) -> None:
        machine.plug_disk(form.get("model", ""), int(_number(form, "gigabytes") * 1e9))

    return {
        "plug": lambda _: box.plug_in(),
        "pull": lambda _: box.pull_plug(),
        "press": lambda _: machine.press(),
        "release": release,
        "hold": hold,
        "heat": lambda form: machine.heat(_number(form, "temperature")),
        "weaken": lambda form: machine.weaken_supply(form.get("weak") == "yes"),
        "suffer": suffer,
        "home": arrange_home,
        "home-restart": lambda _: machine.rearrange(homes.restarted(machine.state().home)),
        "home-mend": lambda _: machine.rearrange(homes.mended(machine.state().home)),
        "card": edit_card,
        "plug-disk": plug_disk,
        "pull-disk": lambda form: machine.pull_disk(form.get("name", "")),
        "restart": lambda form: box.soon(lambda: box.manager().restart_one(form.get("name", ""))),
    }


def _stream(box: VirtualBox, clock: Clock, card: Callable[[], str]) -> Iterator[str]:
    """Server-sent events: the whole look whenever it changed, and a comment in long silences."""
    serial, shown, spoke = -1, "", clock.monotonic()
    while True:
        text = json.dumps(to_dict(look_at(box, clock, card)))
        if text != shown:
            shown, spoke = text, clock.monotonic()
            yield f"data: {text}\n\n"
        elif clock.monotonic() - spoke > _SILENCE:
            spoke = clock.monotonic()
            yield ": still here\n\n"
        clock.sleep(_LOOK_PAUSE)
        serial = box.machine.wait(serial, _LOOK_EVERY)


def _number(form: Form, name: str) -> float:
    try:
        number = float(form.get(name, ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"{name} must be a number.")
    return number

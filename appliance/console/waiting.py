# SPDX-License-Identifier: AGPL-3.0-or-later
"""A browser that waits for a press of the button: what its page is told, for claiming and for recovery alike."""

from flask import Response, make_response, render_template, request, session

from appliance.console.context import console
from appliance.console.guard import text
from appliance.status import Issue
from appliance.supervisor.protocol import ClaimState, ClaimView

_WAITING = frozenset({ClaimState.WAITING, ClaimState.CONTESTED})


def began() -> None:
    """Remember it, so that the page can say when the minute is over."""
    session["waiting"] = request.blueprint


def ended() -> None:
    session.pop("waiting", None)


def page(
    view: ClaimView, errors: dict[str, str] | None = None, status_code: int = 200, *, broken: tuple[Issue, ...] = ()
) -> Response:
    """The blueprint's page, a child of waiting_base.html. What is `broken` stands above everything else."""
    waiting = view.state in _WAITING
    waited = not waiting and session.pop("waiting", None) == request.blueprint and request.method == "GET"
    # Somebody else may have been given it in the meantime, and then time has not run out.
    expired = waited and view.state is ClaimState.FREE
    html = render_template(
        f"console/{request.blueprint}.html",
        view=view,
        waiting=waiting,
        expired=expired,
        errors=errors or {},
        code=text("code"),
        broken=broken,
        panel_url=console().panel_url,
    )
    return make_response(html, status_code)

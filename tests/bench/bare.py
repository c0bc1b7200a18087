# SPDX-License-Identifier: AGPL-3.0-or-later
"""The yardstick: a Flask view that answers bytes it holds ready, and does nothing else."""

import os
from pathlib import Path

import flask


def create_app() -> flask.Flask:
    """$BARE_BODY names the file whose bytes are answered."""
    body = Path(os.environ["BARE_BODY"]).read_bytes()
    app = flask.Flask("bare")

    @app.get("/")
    def answer() -> flask.Response:
        return flask.Response(body, content_type="application/json; charset=utf-8")

    return app

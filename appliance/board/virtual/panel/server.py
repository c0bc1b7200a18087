# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serves the front panel from inside `hearth run`, so that it stays when the box loses its power."""

import threading

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from appliance.system.ports import listen


class _Quiet(WSGIRequestHandler):
    """Keeps the terminal free of a line for every request; closes connections that say nothing."""

    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


class PanelServer:
    def __init__(self, app: Flask, address: str, port: int) -> None:
        """Raises HearthError port-taken."""
        self._listener = listen(address, port)
        self._server = make_server(
            address, port, app, threaded=True, request_handler=_Quiet, fd=self._listener.fileno()
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="front panel", daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._listener.close()

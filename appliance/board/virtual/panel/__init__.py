# SPDX-License-Identifier: AGPL-3.0-or-later
"""The front panel: the virtual box drawn in the browser, its light shining, its button and cable to play with."""

from appliance.board.virtual.panel.app import create_panel
from appliance.board.virtual.panel.look import Links
from appliance.board.virtual.panel.server import PanelServer

__all__ = ["Links", "PanelServer", "create_panel"]

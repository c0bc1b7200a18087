# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages for people: the instance's front page, profiles and posts, joining, logging in, and a member's own pages."""

from appliance.fediverse.web.build import blueprint
from appliance.fediverse.web.errors import error_page

__all__ = ["blueprint", "error_page"]

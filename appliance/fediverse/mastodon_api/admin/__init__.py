# SPDX-License-Identifier: AGPL-3.0-or-later
"""What moderators and the owner do by their apps: https://docs.joinmastodon.org/methods/admin/"""

from appliance.fediverse.mastodon_api.admin import accounts, addresses, figures, reports, servers, trends

MODULES = (accounts, addresses, figures, reports, servers, trends)

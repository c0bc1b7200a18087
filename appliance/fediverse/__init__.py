# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ActivityPub and Mastodon-API server. It knows nothing of boards, routers or disks."""

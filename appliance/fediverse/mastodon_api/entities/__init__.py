# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows drawn as the JSON entities of the Mastodon API: https://docs.joinmastodon.org/entities/

Each takes a whole page of rows at once and looks up what belongs to them in a fixed handful of queries.
"""

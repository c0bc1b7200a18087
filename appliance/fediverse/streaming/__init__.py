# SPDX-License-Identifier: AGPL-3.0-or-later
"""Streaming: members' apps are told what happens while it happens. https://docs.joinmastodon.org/methods/streaming/

A stream is a timeline read on: what is new in it is asked for with the same query that the API answers by, so nobody
is ever told what she could not have read.
"""

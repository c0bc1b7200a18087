# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole box, as people meet it. A package, so that its browser is closed before other tests run: Playwright
keeps an event loop in the main thread for as long as it is open."""

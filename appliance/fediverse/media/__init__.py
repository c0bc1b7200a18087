# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of pictures, sound and video: taken in, made harmless in a cage, kept, and served."""

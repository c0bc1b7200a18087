# SPDX-License-Identifier: AGPL-3.0-or-later
"""umockdev's test bed: a /sys of its own with real uevents, for programs started by umockdev-wrapper.

Called by ctypes, so that the environment needs no GObject bindings (umockdev's reference manual, UMockdevTestbed).
"""

import ctypes
from pathlib import Path


class Testbed:
    __test__ = False

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libumockdev.so.0")
        self._library.umockdev_testbed_new.restype = ctypes.c_void_p
        self._library.umockdev_testbed_get_root_dir.restype = ctypes.c_char_p
        self._bed = ctypes.c_void_p(self._library.umockdev_testbed_new())
        self.root = Path(self._library.umockdev_testbed_get_root_dir(self._bed).decode())

    def add(self, description: str) -> None:
        """One device in umockdev's format: P: path, N: node, E: properties, A: attributes. Sends "add"."""
        error = ctypes.c_void_p()
        done = self._library.umockdev_testbed_add_from_string(
            self._bed, f"{description.strip()}\n".encode(), ctypes.byref(error)
        )
        assert done, "umockdev did not take the description"

    def set(self, device: str, attribute: str, text: str) -> None:
        self._library.umockdev_testbed_set_attribute(self._bed, device.encode(), attribute.encode(), text.encode())

    def uevent(self, device: str, action: str) -> None:
        self._library.umockdev_testbed_uevent(self._bed, device.encode(), action.encode())

    def remove(self, device: str) -> None:
        """Without a uevent."""
        self._library.umockdev_testbed_remove_device(self._bed, device.encode())

# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from appliance.errors import HearthError
from appliance.system.clock import VirtualClock
from appliance.system.ports import check_free, listen


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(HearthError, match=f"Port {port} is taken") as caught:
            check_free("127.0.0.1", port, VirtualClock())
        assert "--port" in caught.value.remedy
    check_free("127.0.0.1", port, VirtualClock())


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(HearthError) as caught:
        listen("192.0.2.1", 0)
    assert caught.value.key == "address-refused"

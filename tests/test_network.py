import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_the_suite_reaches_no_other_host():
    with (
        pytest.warns(UserWarning, match="192.0.2.1"),
        pytest.raises(SocketConnectBlockedError),
        socket.socket() as plug,
    ):
        plug.connect(("192.0.2.1", 80))

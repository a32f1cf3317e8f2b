"""Where nothing of ours is ever sent, whatever name leads there."""

import pytest

from streams.core.addresses import may_connect

RESERVED = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "::ffff:127.0.0.1",
    "127.0.0.1",
    "127.0.0.53",
    "::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "",
    "no address",
]


@pytest.mark.parametrize("resolved", RESERVED)
def test_no_name_leads_to_a_reserved_address(resolved):
    for host in ("api.cordial.io", "sandbox", "metadata.evil.example", "10.0.0.7"):
        assert not may_connect(host, resolved)


@pytest.mark.parametrize("resolved", ["93.184.216.34", "10.0.0.7", "2606:2800:220:1::1"])
def test_a_name_leads_to_another_machine(resolved):
    assert may_connect("api.cordial.io", resolved)
    assert not may_connect("localhost", resolved)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_this_machine_is_reached_by_its_own_names(host):
    assert may_connect(host, "127.0.0.1")
    assert may_connect(host, "::1")
    assert not may_connect(host, "169.254.169.254")

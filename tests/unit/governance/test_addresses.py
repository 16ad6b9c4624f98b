from __future__ import annotations

from ipaddress import ip_address

import pytest

from governance.addresses import Allowed, is_public, literal

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "fd00:ec2::254",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_is_public__inside_addresses_in_every_disguise__no(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_is_public__open_internet__yes(address: str) -> None:
    assert is_public(ip_address(address))


def test_allowed__names_addresses_and_networks() -> None:
    allowed = Allowed.of(["CI.local", "10.2.0.0/16", "127.0.0.1", "fd00::/8", ""])
    assert allowed.has(host="ci.LOCAL") and allowed.has(host="127.0.0.1") and allowed.has(host="[fd00::1]")
    assert allowed.has(host="x", address=ip_address("10.2.3.4"))
    assert not allowed.has(host="x", address=ip_address("10.3.0.1"))
    assert not allowed.has(host="")
    assert not allowed.has(host="local")


def test_literal__only_the_usual_forms() -> None:
    assert literal("[::1]") == ip_address("::1")
    assert literal("0x7f.1") is None

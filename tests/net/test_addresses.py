from __future__ import annotations

import pytest

from monitor.net.addresses import is_in_networks, may_dial, parse_ip_networks

NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3
168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1
192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255
:: ::1 ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:100.64.0.1 ::ffff:169.254.169.254
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:10::1 2001:20::1
2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2002:a00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1
fe80::1%1 fec0::1 ff02::1 ff0e::1 4000::1
""".split()

PUBLIC = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.3.1 223.255.255.255".split()
PUBLIC += "2606:4700:4700::1111 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1".split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_non_public_address_is_not_dialed(address: str) -> None:
    assert not may_dial(address, ())


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_dialed(address: str) -> None:
    assert may_dial(address, ())


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f000001", "0177.0.0.1", "1.2.3.4.5", "[::1]", "1.1.1.1 "]
)
def test_invalid_address_text_is_not_dialed(text: str) -> None:
    assert not may_dial(text, parse_ip_networks(["0.0.0.0/0", "::/0"]))


def test_only_the_private_networks_in_allow_private_are_dialed() -> None:
    allowed = parse_ip_networks(["10.1.0.0/16", "fd00::/8"])

    assert may_dial("10.1.2.3", allowed)
    assert may_dial("::ffff:10.1.2.3", allowed)
    assert may_dial("fd00::7", allowed)
    assert not may_dial("10.2.0.1", allowed)
    assert not may_dial("fc00::7", allowed)


def test_a_public_address_is_not_in_an_allowed_private_network() -> None:
    assert is_in_networks("10.1.2.3", parse_ip_networks(["10.1.0.0/16"]))
    assert not is_in_networks("8.8.8.8", parse_ip_networks(["10.1.0.0/16"]))


def test_an_invalid_network_is_rejected() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        parse_ip_networks(["nonsense"])

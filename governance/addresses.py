"""Which network addresses an outbound call may reach. Pure: names are resolved elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
_NAT64 = ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached although it is private: names (each with every address it has) and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Allowed:
        """From a list such as `["ci.local", "10.2.0.0/16", "127.0.0.1"]`."""
        names, networks = set(), []
        for entry in (entry.strip().lower() for entry in entries):
            try:
                networks.append(ip_network(entry, strict=False))
            except ValueError:
                names.add(entry)
        return cls(names=frozenset(names - {""}), networks=tuple(networks))

    def has(self, *, host: str, address: Address | None = None) -> bool:
        """Whether the operator has allowed this host, or this address of it."""
        if host.lower() in self.names:
            return True
        candidate = address or literal(host)
        return candidate is not None and any(
            candidate in network for network in self.networks if network.version == candidate.version
        )


def literal(host: str) -> Address | None:
    """The host as an address when it is written as one in the usual form."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether the address is one of the open internet, and so are the IPv4 addresses hidden inside an IPv6 one."""
    return all(one.is_global and not one.is_multicast for one in (address, *_inside(address)))


def _inside(address: Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]

"""Which servers a workspace's accounts may name, and which machines a name may lead to.

A name is looked up once, what it leads to is checked, and the connection is made to what was checked: a name that
changes its mind in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

from console.problems import Invalid

PORTS = {"https": 443, "http": 80}


class Forbidden(Exception):
    """A name leads to where no call may go."""


def origin_of(url: str) -> str:
    """Scheme, host and port, with the scheme's own port left out: what is compared, never a prefix of a text."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().rstrip(".")
    shown = f"[{host}]" if ":" in host else host
    port = parts.port
    return f"{parts.scheme}://{shown}" + ("" if port in (None, PORTS.get(parts.scheme)) else f":{port}")


def is_listed(url: str) -> bool:
    """Whether the installation names this origin: such a one may be internal, and may do without TLS."""
    return origin_of(url) in {origin_of(listed) for listed in settings.REMIT_PROVIDER_ORIGINS}


def check_origin(url: str) -> None:
    """Invalid unless accounts of workspaces may name this address. It is not looked up here."""
    if is_listed(url):
        return
    if settings.REMIT_PROVIDER_ORIGINS:
        raise Invalid(
            f"Calls may not go to {origin_of(url)}: the installation lists where they may go.",
            "Whoever runs the installation can add it to REMIT_PROVIDER_ORIGINS.",
        )
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise Invalid(
            f"{origin_of(url)} is not https, and a key would cross the network in the open.",
            "Use https, or have the installation list it in REMIT_PROVIDER_ORIGINS.",
        )
    if _literal(parts.hostname or "") is not None:
        raise Invalid(
            "An address by number cannot be used: it has no name that a certificate could vouch for.",
            "Give the server's name, or have the installation list it in REMIT_PROVIDER_ORIGINS.",
        )


def checked_addresses(host: str, port: int) -> list[str]:
    """The addresses of ``host``, all of them public. Raises Forbidden, or OSError when the name is not known."""
    found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    addresses = sorted(str(address) for address in found)
    for address in addresses:
        if not is_public(address):
            raise Forbidden(f"{host} leads to {address}, which is not a public address")
    return addresses


def is_public(address: str) -> bool:
    """Whether this is a machine of the open internet, also when it is written as IPv4 inside IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        if inner is not None:
            return is_public(str(inner)) and not ip.is_multicast
        return ip in _GLOBAL_IPV6 and ip.is_global
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip in _PROTOCOLS)


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")  # older Pythons take parts of it for global


def _literal(host: str) -> str | None:
    """The address, where a host is one in any notation that a resolver takes: 127.1, 0x7f000001, 2130706433, ::1."""
    try:
        return str(ipaddress.ip_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None

"""Writes the instructions for a cluster of several computers: a new token, and shell lines."""

import os
import secrets
import socket
from collections.abc import Mapping

_TOKEN_BYTES = 24
_DOCUMENTATION_ADDRESS = "192.0.2.1"
"""Reserved for documentation (RFC 5737); its route tells our own address, and nothing is sent."""
_WILDCARD_ADDRESSES = frozenset({"0.0.0.0", "::"})


def join_instructions(host: str, port: int) -> str:
    """Return the text, with a new token, for a master that is to listen on ``host``."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    address = _own_address() if host in _WILDCARD_ADDRESSES else host
    quoted = f"[{address}]" if ":" in address else address
    master = {"MASTER_HOST": host, "MASTER_PORT": str(port), "CLUSTER_TOKEN": token}
    slave = {"CLUSTER_TOKEN": token}
    plain = {"ALLOW_PLAIN_HTTP": "1"}
    return "\n".join(
        [
            "With TLS, once certificates are made for every computer of the cluster:",
            f"  python scripts/certificates.py {address} SLAVE-ADDRESS",
            "then here, and on each further computer with its own address:",
            f"  {_shell_line(master | _certificates(address), 'master.py')}",
            f"  {_shell_line(_slave('https', quoted, port, slave) | _certificates(), 'slave.py')}",
            "Or without, where others on the network may read the token and the files:",
            f"  {_shell_line(master | plain, 'master.py')}",
            f"  {_shell_line(_slave('http', quoted, port, slave) | plain, 'slave.py')}",
        ]
    )


def _slave(scheme: str, address: str, port: int, settings: Mapping[str, str]) -> dict[str, str]:
    return {"MASTER_URL": f"{scheme}://{address}:{port}", **settings}


def _certificates(address: str = "SLAVE-ADDRESS") -> dict[str, str]:
    files = f"certificates/{address.replace(':', '_')}"
    ca = "certificates/ca.pem"
    return {"TLS_CERT": f"{files}.pem", "TLS_KEY": f"{files}.key", "TLS_CA": ca}


def _shell_line(settings: Mapping[str, str], program: str) -> str:
    """Return a line that sets variables and runs the program: PowerShell on Windows, else sh."""
    if os.name == "nt":
        words = [f"$env:{name}='{value}';" for name, value in settings.items()]
    else:
        words = [f"{name}={value}" for name, value in settings.items()]
    return " ".join([*words, "python", program])


def _own_address() -> str:
    """Return the address at which other computers most likely reach this one."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((_DOCUMENTATION_ADDRESS, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "MASTER-ADDRESS"

"""A network namespace that has only loopback, if the kernel allows one. A process in it can't reach AWS."""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
from pathlib import Path

# Root needs no user namespace, and in one it would lose access to other users' files. Other users need a user namespace
# to create a network namespace.
ISOLATION_COMMANDS = (
    ["unshare", "--net", "--"],
    ["unshare", "--user", "--map-current-user", "--keep-caps", "--net", "--"],
)
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1  # netdevice(7)


def isolated_command_prefix() -> list[str]:
    """Return the command prefix that starts a program in a new network namespace; empty if the kernel allows none."""
    return next((command for command in ISOLATION_COMMANDS if _succeeds([*command, "true"])), [])


def joining_command_prefix(pid: int, isolation_command: list[str]) -> list[str]:
    """Return the command prefix that starts a program in the network namespace of process `pid`.

    Args:
        pid: A process that was started with `isolation_command`.
        isolation_command: The result of `isolated_command_prefix`.
    """
    if not isolation_command:
        return []
    user = ["--user", "--preserve-credentials"] if "--user" in isolation_command else []
    return ["nsenter", f"--target={pid}", *user, "--net", "--"]


def raise_loopback() -> None:
    """Bring up the loopback interface, which is down in a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def interfaces() -> set[str]:
    """Return the names of the network interfaces that this process has."""
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return {line.split(":")[0].strip() for line in lines}


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False

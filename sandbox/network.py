"""A network of loopback alone, where the kernel gives one: what runs in it can't reach AWS, whatever it tries."""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
from pathlib import Path

# Root needs no user namespace, and would lose other users' files in one; anyone else needs one to own a network.
WAYS = (
    ["unshare", "--net", "--"],
    ["unshare", "--user", "--map-current-user", "--keep-caps", "--net", "--"],
)
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1  # netdevice(7)


def alone() -> list[str]:
    """The command prefix that starts a program in a new network of its own; empty where the kernel allows none."""
    return next((way for way in WAYS if _runs([*way, "true"])), [])


def beside(pid: int, way: list[str]) -> list[str]:
    """The command prefix that starts a program in the network of `pid`, which `way` (of `alone`) started."""
    if not way:
        return []
    user = ["--user", "--preserve-credentials"] if "--user" in way else []
    return ["nsenter", f"--target={pid}", *user, "--net", "--"]


def raise_loopback() -> None:
    """Bring loopback up: it is down in a new network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def interfaces() -> set[str]:
    """The network interfaces that this process sees."""
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return {line.split(":")[0].strip() for line in lines}


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False

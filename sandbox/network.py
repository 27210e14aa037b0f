"""A network namespace that has only loopback, if the kernel allows one. A process in it can't reach AWS."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
from pathlib import Path

# Root needs no user namespace, and in one it would lose access to other users' files. Other users need a user namespace
# to create a network namespace.
ISOLATION_OPTIONS = (
    ["--net", "--"],
    ["--user", "--map-current-user", "--keep-caps", "--net", "--"],
)
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1  # netdevice(7)


def isolated_command_prefix() -> list[str]:
    """Return the command prefix that starts a program in a new network namespace; empty if the kernel allows none."""
    commands = ([_system_tool("unshare"), *options] for options in ISOLATION_OPTIONS)
    return next((command for command in commands if _succeeds([*command, "true"])), [])


def joining_command_prefix(pid: int, isolation_command: list[str]) -> list[str]:
    """Return the command prefix that starts a program in the network namespace of process `pid`.

    Args:
        pid: A process that was started with `isolation_command`.
        isolation_command: The result of `isolated_command_prefix`.
    """
    if not isolation_command:
        return []
    user = ["--user", "--preserve-credentials"] if "--user" in isolation_command else []
    return [_system_tool("nsenter"), f"--target={pid}", *user, "--net", "--"]


def is_isolated(pid: int) -> bool:
    """Return whether a process is in another network namespace than this one."""
    return not Path(f"/proc/{pid}/ns/net").samefile("/proc/self/ns/net")


def raise_loopback() -> None:
    """Bring up the loopback interface, which is down in a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def _system_tool(name: str) -> str:
    """Return the path of a program in the system's folders, which a folder on the caller's PATH can't replace.

    Where the system has none, such as on NixOS, it is the first on PATH.
    """
    return shutil.which(name, path=os.defpath) or shutil.which(name) or name


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False

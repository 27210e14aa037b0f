"""A command that is run to its end, and what the policy pack that it started took meanwhile."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROC = Path("/proc")
PACK = b"\0pulumi.policy\0"
MARK = "BENCH_RUN"  # in the environment of all that a command starts, so that another run's pack isn't taken for ours
EVERY = 0.05
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Of a process: its peak resident memory in bytes, and its CPU seconds."""

    peak: int
    cpu: float


@dataclass(frozen=True)
class Run:
    """Wall and CPU seconds, what was written, and what the pack's process took: None without one, or without /proc."""

    seconds: float
    cpu: float
    output: str
    pack: Usage | None


def run(command: list[str], env: Mapping[str, str], expected: int = 0) -> Run:
    """Run a command, which must end with the expected exit code, from the checkout's folder."""
    mark = uuid.uuid4().hex
    pid: int | None = None
    usage: Usage | None = None
    marked = os.environ | env | {MARK: mark}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start, cpu = time.perf_counter(), cpu_of_children()
        child = subprocess.Popen(command, cwd=ROOT, env=marked, stdout=output, stderr=errors)
        while True:
            try:
                status = child.wait(EVERY)
                break
            except subprocess.TimeoutExpired:
                pid = pid or pack(mark)
                usage = (pid and used(pid)) or usage  # the last that was seen: the engine kills the pack
        seconds, cpu = time.perf_counter() - start, cpu_of_children() - cpu
        for file in (output, errors):
            file.seek(0)
        if status != expected:
            sys.exit(f"bench: {' '.join(command)} failed:\n{output.read()[-4000:]}{errors.read()}")
        return Run(seconds, cpu, output.read(), usage)


def cpu_of_children() -> float:
    """The CPU seconds of every command that has ended, and of all that it started and waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def pack(mark: str) -> int | None:
    """The process of a policy pack in the run that is marked so."""
    return next((int(each.name) for each in PROC.glob("[0-9]*") if is_pack(each, f"{MARK}={mark}".encode())), None)


def is_pack(process: Path, mark: bytes) -> bool:
    try:
        return PACK in (process / "cmdline").read_bytes() and mark in (process / "environ").read_bytes()
    except OSError:  # it has ended, or is another user's
        return False


def used(pid: int) -> Usage | None:
    """What a process has taken so far; None when it has ended."""
    try:
        status = (PROC / str(pid) / "status").read_text()
        user, system = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
    except OSError:
        return None
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return Usage(int(peak) * 1024, (int(user) + int(system)) / TICKS) if peak else None

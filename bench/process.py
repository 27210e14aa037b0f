"""Runs a command and measures it, and the policy pack process that it starts."""

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
PACK_ARGUMENT = b"\0pulumi.policy\0"
RUN_VARIABLE = "BENCH_RUN"  # an environment variable that marks this run's pack process
POLL_SECONDS = 0.05
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """The resources that a process has used."""

    peak_bytes: int
    cpu_seconds: float


@dataclass(frozen=True)
class Run:
    """A finished command.

    Attributes:
        seconds: The wall time.
        cpu_seconds: The CPU time of the command and all its child processes.
        output: Its standard output.
        pack: The usage of the policy pack's process; None without a pack or without /proc.
    """

    seconds: float
    cpu_seconds: float
    output: str
    pack: Usage | None


def run(command: list[str], env: Mapping[str, str], expected: int = 0) -> Run:
    """Run a command from the root of the checkout and measure it; exit unless it returns the expected exit code."""
    run_id = uuid.uuid4().hex
    pid: int | None = None
    usage: Usage | None = None
    environment = os.environ | env | {RUN_VARIABLE: run_id}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start, cpu = time.perf_counter(), cpu_of_children()
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=errors)
        while True:
            try:
                status = child.wait(POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                pid = pid or find_pack(run_id)
                usage = (pid and read_usage(pid)) or usage  # keep the last value, because the engine kills the pack
        seconds, cpu = time.perf_counter() - start, cpu_of_children() - cpu
        for file in (output, errors):
            file.seek(0)
        if status != expected:
            sys.exit(f"bench: {' '.join(command)} failed:\n{output.read()[-4000:]}{errors.read()}")
        return Run(seconds, cpu, output.read(), usage)


def cpu_of_children() -> float:
    """Return the CPU seconds of all child processes that have ended, with their own children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def find_pack(run_id: str) -> int | None:
    """Return the process ID of the policy pack in a run."""
    variable = f"{RUN_VARIABLE}={run_id}".encode()
    return next((int(process.name) for process in PROC.glob("[0-9]*") if is_pack_process(process, variable)), None)


def is_pack_process(process: Path, variable: bytes) -> bool:
    try:
        return PACK_ARGUMENT in (process / "cmdline").read_bytes() and variable in (process / "environ").read_bytes()
    except OSError:  # it has ended or belongs to another user
        return False


def read_usage(pid: int) -> Usage | None:
    """Return what a process has used so far, or None if it has ended."""
    try:
        status = (PROC / str(pid) / "status").read_text()
        user, system = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[11:13]
    except OSError:
        return None
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return Usage(int(peak) * 1024, (int(user) + int(system)) / CLOCK_TICKS) if peak else None

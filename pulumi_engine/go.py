"""Runs Go commands: shows their progress, logs their output, and leaves no process running."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pulumi_engine.messages import EngineError
from pulumi_engine.packages import LIST_FORMAT, Packages, read_packages
from pulumi_engine.progress import Progress

TERMINATION_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
NETWORK_ERROR = re.compile(
    r"dial tcp|no such host|i/o timeout|connection re|proxyconnect|TLS|GOPROXY|Forbidden|not available"
)

# Builds, tests and `go vet` use the same flags and environment, or each would compile all packages again. Nobody debugs
# these programs, so the compiler leaves out DWARF, a seventh of its work.
BUILD_FLAGS = ("-trimpath", "-mod=readonly", "-buildvcs=false", "-gcflags=all=-dwarf=false")

# A compiler runs for a second, so collecting its garbage costs more than it frees, where there is memory for this.
COMPILER_MEMORY_MIB = 1500


def go_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a Go command: no workspace around the checkout, no C compiler, and, where there
    is memory, garbage collection only near a limit. Values of GOGC and GOMEMLIMIT that the caller sets stay.
    """
    collection = {}
    if memory_mib() >= 2 * COMPILER_MEMORY_MIB * (os.cpu_count() or 1):  # go starts a compiler for each processor
        collection = {"GOGC": "off", "GOMEMLIMIT": f"{COMPILER_MEMORY_MIB}MiB"}
    return {**collection, **environment, "GOWORK": "off", "CGO_ENABLED": "0"}


def memory_mib() -> float:
    """Return the machine's memory, or the limit of the container."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # not in a container, or "max"
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory / 2**20


@dataclass
class GoProcess:
    """A Go command that was started.

    Attributes:
        task: What it does, for the message if it fails.
        verb: The first argument of `go`.
        process: Its process, whose error output is a pipe.
        output: The file that its output goes to.
        needed: The packages that it compiles or finds in Go's cache, if it builds something.
        listed: The packages that it has listed, once it has ended.
        messages: The lines of its error output, without those that only show progress.
        unfinished_line: The end of its error output so far.
        code: Its exit code, once it has ended.
    """

    task: str
    verb: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    needed: Packages
    listed: Packages = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    unfinished_line: bytes = b""
    code: int | None = None


class Go:
    """Runs Go commands, also several at a time, and writes their error output to a log file."""

    def __init__(self, log: Path, progress: Progress) -> None:
        self._log = log
        self._log.write_bytes(b"")
        self._progress = progress
        self._running = selectors.DefaultSelector()

    def __enter__(self) -> Go:
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._running.get_map().values()):
            _terminate(key.data.process)
        self._running.close()

    def start_listing(self, name: str, module: Path, *packages: str) -> GoProcess:
        """Start to list packages and all that they import, which downloads the modules of these.

        Args:
            name: What to call the packages in messages.
            module: The folder of their Go module.
            packages: The packages.
        """
        task = f"downloading the Go modules of {name}"
        return self._start(task, module, {}, "list", "-deps", "-f", LIST_FORMAT, *packages)

    def finish_listing(self, listing: GoProcess) -> Packages:
        """Wait for the packages.

        Raises:
            EngineError: The modules can't be downloaded; the message has the end of the output.
        """
        self._wait(listing)
        return listing.listed

    def build(self, name: str, module: Path, packages: Packages, target: Path, *arguments: str) -> None:
        """Build programs.

        Args:
            name: What to call them in messages.
            module: The folder of their Go module.
            packages: All packages that they need, as `finish_listing` returns them.
            target: The file to write; for several programs, an existing folder.
            arguments: Flags, and the programs' packages.

        Raises:
            EngineError: The build failed; the message has the end of the output.
        """
        self._wait(self._start(f"building {name}", module, packages, "build", "-v", "-o", str(target), *arguments))
        self._progress.workload.remove_cached(packages, packages)

    def _start(self, task: str, module: Path, needed: Packages, verb: str, *arguments: str) -> GoProcess:
        with defer_signals(TERMINATION_SIGNALS):
            output = tempfile.TemporaryFile()  # noqa: SIM115 (`_end` closes it)
            process = subprocess.Popen(
                ["go", verb, *BUILD_FLAGS, *arguments],
                cwd=module,
                env=go_environment(),
                stdout=output,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C reaches only this process, which then ends go cleanly
            )
            assert process.stderr
            command = GoProcess(task, verb, process, output, needed)
            self._running.register(process.stderr, selectors.EVENT_READ, command)
        return command

    def _wait(self, command: GoProcess) -> None:
        """Follow all running commands until this one has ended."""
        while command.code is None:
            self._progress.show()
            for key, _ in self._running.select(timeout=1):
                self._read(key.data)
        if command.code:
            raise EngineError(self._failure(command))

    def _read(self, command: GoProcess) -> None:
        """Log a command's output, and count its packages and downloads; keep the other lines."""
        assert command.process.stderr
        chunk = os.read(command.process.stderr.fileno(), 65536)
        with self._log.open("ab") as log:
            log.write(chunk)
        *lines, command.unfinished_line = (command.unfinished_line + (chunk or b"\n")).split(b"\n")
        for line in (line.decode(errors="replace") for line in lines if line):
            if line.startswith("go: downloading "):
                self._progress.modules_downloaded += 1
            elif re.fullmatch(r"[\w.~/-]+", line):  # -v prints each package that it compiles
                self._progress.count_compiled(command.needed, line)
            else:
                command.messages.append(line)
        if not chunk:
            self._end(command)

    def _end(self, command: GoProcess) -> None:
        assert command.process.stderr
        self._running.unregister(command.process.stderr)
        with command.process, command.output:
            command.code = command.process.wait()
            if command.verb == "list" and not command.code:
                command.output.seek(0)
                command.listed = read_packages(command.output.read().decode())
                self._progress.workload.add(command.listed)

    def _failure(self, command: GoProcess) -> str:
        output = "\n".join(f"  {line}" for line in command.messages[-8:])
        message = f"{command.task} failed:\n{output}\nThe full output is in {self._log}"
        if "no space left" in output:
            message += (
                "\nFree some space, or set PHI_ENGINE_CACHE, GOCACHE, GOMODCACHE and TMPDIR to folders with free space"
            )
        elif NETWORK_ERROR.search(output):
            message += "\nIf this machine can only reach a private Go module proxy, set GOPROXY to its URL"
        return message


@contextlib.contextmanager
def defer_signals(signals: Iterable[int]) -> Iterator[None]:
    """Defer signals, so that none arrives between the start of a process and its registration."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield
        return
    deferred: list[int] = []
    handlers = {number: signal.signal(number, lambda received, _: deferred.append(received)) for number in signals}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in deferred:
            signal.raise_signal(number)


def _terminate(process: subprocess.Popen[bytes]) -> None:
    """End go and its compilers. Go removes its temporary files when it is interrupted."""
    with process:  # closes the pipe
        if process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGINT)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

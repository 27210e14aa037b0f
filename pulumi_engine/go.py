"""Runs Go builds: shows their progress, logs their output, and leaves no process running."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

TERMINATION_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
ERASE_LINE = "\r\x1b[K"  # terminal control sequence
NETWORK_ERROR = re.compile(
    r"dial tcp|no such host|i/o timeout|connection re|proxyconnect|TLS|GOPROXY|Forbidden|not available"
)


class EngineError(Exception):
    """No engine is available; the message says why and how to get one."""


def log(message: str) -> None:
    print(f"engine: {message}", file=sys.stderr, flush=True)


class Go:
    """Runs `go build` and writes its output to a log file."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._log.write_bytes(b"")

    def build(self, name: str, module: Path, package: str, target: Path, linker_flags: str = "") -> None:
        """Build a Go package.

        Args:
            name: What to call it in progress output.
            module: The folder of its Go module.
            package: The package to build.
            target: The binary to write.
            linker_flags: Further flags for the linker.

        Raises:
            EngineError: The build failed; the message has the end of its output.
        """
        command = ["go", "build", "-v", "-trimpath", "-mod=readonly", "-buildvcs=false"]
        command += ["-ldflags", f"-s -w {linker_flags}".strip(), "-o", str(target), package]
        with Progress(name) as progress:
            process = None
            try:
                with defer_signals(TERMINATION_SIGNALS):
                    process = subprocess.Popen(
                        command,
                        cwd=module,
                        env={**os.environ, "GOWORK": "off"},
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE,
                        start_new_session=True,  # Ctrl-C reaches only this process, which then ends go cleanly
                    )
                errors = self._follow(process, progress)
                code = process.wait()
            finally:
                if process:
                    _terminate(process)
            if code:
                raise EngineError(self._failure(name, errors))

    def _follow(self, process: "subprocess.Popen[bytes]", progress: "Progress") -> list[str]:
        """Log go's output until it ends, and count packages and downloads; return the other lines."""
        assert process.stderr
        errors: list[str] = []
        rest = b""
        with self._log.open("ab", buffering=0) as log:
            while True:
                progress.show()
                if not select.select([process.stderr], [], [], 1)[0]:
                    continue
                chunk = os.read(process.stderr.fileno(), 65536)
                log.write(chunk)
                *lines, rest = (rest + chunk + (b"" if chunk else b"\n")).split(b"\n")
                for line in (line.decode(errors="replace") for line in lines if line):
                    if line.startswith("go: downloading "):
                        progress.modules += 1
                    elif re.fullmatch(r"[\w.~/-]+", line):  # -v prints each package that it compiles
                        progress.packages += 1
                    else:
                        errors.append(line)
                if not chunk:
                    return errors

    def _failure(self, name: str, errors: list[str]) -> str:
        output = "\n".join(f"  {line}" for line in errors[-8:])
        message = f"building {name} failed:\n{output}\nThe full output is in {self._log}"
        if "no space left" in output:
            message += (
                "\nFree some space, or set PHI_ENGINE_CACHE, GOCACHE, GOMODCACHE and TMPDIR to folders with free space"
            )
        elif NETWORK_ERROR.search(output):
            message += "\nIf this machine can only reach a private Go module proxy, set GOPROXY to its URL"
        return message


@contextlib.contextmanager
def defer_signals(signals: Iterable[int]) -> Iterator[None]:
    """Defer signals, so that none arrives between the start of a process and its assignment to a variable."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield
        return
    deferred: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: deferred.append(number)) for number in signals}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in deferred:
            signal.raise_signal(number)


def _terminate(process: "subprocess.Popen[bytes]") -> None:
    """End go and its compilers if they are still running. Go removes its temporary files when it is interrupted."""
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


class Progress:
    """Shows the progress of a build.

    On a terminal it updates one line; otherwise it prints a line at the start, every minute and at the end.
    """

    def __init__(self, name: str) -> None:
        self.modules = self.packages = 0
        self._name = name
        self._is_terminal = sys.stderr.isatty()
        self._start = time.monotonic()
        self._next_report = self._start + 60

    def __enter__(self) -> "Progress":
        if not self._is_terminal:
            log(f"building {self._name} ...")
        return self

    def show(self) -> None:
        if self._is_terminal:
            print(f"{ERASE_LINE}engine: building {self}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() >= self._next_report:
            self._next_report += 60
            log(f"building {self}")

    def __exit__(self, failed: object, *_: object) -> None:
        if self._is_terminal:
            print(end="\n" if failed else ERASE_LINE, file=sys.stderr)
        if not failed:
            log(f"built {self}")

    def __str__(self) -> str:
        minutes, seconds = divmod(round(time.monotonic() - self._start), 60)
        downloads = f"{self.modules} modules downloaded, " if self.modules else ""
        duration = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        return f"{self._name}: {downloads}{self.packages} packages, {duration}"

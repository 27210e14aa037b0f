"""A build with Go: its progress, its log, and an end that leaves nothing running."""

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

ENDINGS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
ERASE = "\r\x1b[K"  # the terminal's line
NETWORK = re.compile(
    r"dial tcp|no such host|i/o timeout|connection re|proxyconnect|TLS|GOPROXY|Forbidden|not available"
)


class EngineError(Exception):
    """There is no engine; the message says why, and how to get one."""


def say(text: str) -> None:
    print(f"engine: {text}", file=sys.stderr, flush=True)


class Go:
    """Builds with Go, whose output is kept in a log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._log.write_bytes(b"")

    def build(self, what: str, module: Path, package: str, target: Path, linker: str = "") -> None:
        command = ["go", "build", "-v", "-trimpath", "-mod=readonly", "-buildvcs=false"]
        command += ["-ldflags", f"-s -w {linker}".strip(), "-o", str(target), package]
        with Progress(what) as progress:
            process = None
            try:
                with held_back(ENDINGS):
                    process = subprocess.Popen(
                        command,
                        cwd=module,
                        env={**os.environ, "GOWORK": "off"},
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE,
                        start_new_session=True,  # Ctrl-C reaches this process alone, which then ends go in order
                    )
                errors = self._follow(process, progress)
                code = process.wait()
            finally:
                if process:
                    _end(process)
            if code:
                raise EngineError(self._failure(what, errors))

    def _follow(self, process: "subprocess.Popen[bytes]", progress: "Progress") -> list[str]:
        """Log and count what go says until it says no more; return what is neither a package nor a download."""
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
                for text in (line.decode(errors="replace") for line in lines if line):
                    if text.startswith("go: downloading "):
                        progress.modules += 1
                    elif re.fullmatch(r"[\w.~/-]+", text):  # -v names each package that it compiles
                        progress.packages += 1
                    else:
                        errors.append(text)
                if not chunk:
                    return errors

    def _failure(self, what: str, errors: list[str]) -> str:
        said = "\n".join(f"  {line}" for line in errors[-8:])
        text = f"building {what} failed:\n{said}\nAll that go said is in {self._log}"
        if "no space left" in said:
            text += "\nFree some space, or set PHI_ENGINE_CACHE, GOCACHE, GOMODCACHE and TMPDIR to folders that have it"
        elif NETWORK.search(said):
            text += "\nIf this machine reaches a Go module proxy of its own only, set GOPROXY to that"
        return text


@contextlib.contextmanager
def held_back(signals: Iterable[int]) -> Iterator[None]:
    """Have signals wait, so that none falls between the start of a process and its being known."""
    if threading.current_thread() is not threading.main_thread():  # which alone gets them
        yield
        return
    came: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: came.append(number)) for number in signals}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End go and its compilers, if they have not ended. Interrupted, go removes its temporary files."""
    with process:  # closes its pipe
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
    """Shows how far a build is: a line that changes on a terminal, else one at its start, each minute and its end."""

    def __init__(self, what: str) -> None:
        self.modules = self.packages = 0
        self._what = what
        self._live = sys.stderr.isatty()
        self._start = time.monotonic()
        self._next = self._start + 60

    def __enter__(self) -> "Progress":
        if not self._live:
            say(f"building {self._what} ...")
        return self

    def show(self) -> None:
        if self._live:
            print(f"{ERASE}engine: building {self}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() >= self._next:
            self._next += 60
            say(f"building {self}")

    def __exit__(self, failed: object, *_: object) -> None:
        if self._live:
            print(end="\n" if failed else ERASE, file=sys.stderr)
        if not failed:
            say(f"built {self}")

    def __str__(self) -> str:
        minutes, seconds = divmod(round(time.monotonic() - self._start), 60)
        fetched = f"{self.modules} modules fetched, " if self.modules else ""
        took = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        return f"{self._what}: {fetched}{self.packages} packages, {took}"

"""Check the Go code of the engine, its plugin and the stubs: `python -m pulumi_engine.lint`.

Without Go it prints a warning; if CI is set, that is an error.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from pulumi_engine.go import BUILD_FLAGS, go_environment
from pulumi_engine.messages import EngineError
from pulumi_engine.versions import AWS, CLI, SOURCES


def main() -> int:
    if not shutil.which("go"):
        print("lint: Go isn't on PATH, so the Go code in pulumi_engine isn't checked", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    gofmt = run("gofmt", "-l", SOURCES, cwd=SOURCES)
    print(gofmt.stderr, end="", file=sys.stderr)
    for file in gofmt.stdout.splitlines():
        print(f"{file} isn't formatted; run: {shlex.join(['gofmt', '-w', file])}", file=sys.stderr)
    failed = gofmt.returncode != 0 or gofmt.stdout != ""
    for module in (CLI, AWS):
        stubs = (f"{path}/..." for path in stubbed_modules(module))
        vet = run("go", "vet", *BUILD_FLAGS, "./...", *stubs, cwd=module)
        print(vet.stderr, end="", file=sys.stderr)
        failed |= vet.returncode != 0
    return int(failed)


def stubbed_modules(module: Path) -> dict[str, Path]:
    """Return the folder of each stub that a Go module uses, by the path of the module that it stands in for.

    Raises:
        EngineError: Its go.mod can't be read.
    """
    printed = run("go", "mod", "edit", "-json", cwd=module)
    if printed.returncode:
        raise EngineError(f"can't read {module / 'go.mod'}: {printed.stderr.strip()}")
    directives = json.loads(printed.stdout)["Replace"]
    return {
        directive["Old"]["Path"]: (module / directive["New"]["Path"]).resolve()
        for directive in directives
        if "Version" not in directive["New"]  # with a version it is a module from the proxy
    }


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=go_environment(), capture_output=True, text=True, check=False)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EngineError as error:
        sys.exit(f"lint: {error}")

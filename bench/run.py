"""Times what the README states: `make bench`, or `make bench-cold` for a fresh clone with empty caches.

Every figure is the wall time of a whole command, in seconds: the middle of RUNS runs, with the least and the most.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
SANDBOX = [str(ROOT / "bin" / "sandbox"), "--name", "bench"]
PREVIEW = [*SANDBOX, "pulumi", "preview", "--stack", "dev", "--skip-config-validation"]
UP = [*SANDBOX, "pulumi", "up", "--stack", "dev", "--yes", "--skip-preview"]


def main() -> None:
    if "--cold" in sys.argv:
        cold()
        return
    try:
        seconds([*SANDBOX, "true"])  # the emulator and the engine are there from here on
        report("bin/engine, when it is built", [seconds([str(ROOT / "bin" / "engine")]) for _ in range(RUNS)])
        report("bin/sandbox true, when it runs", [seconds([*SANDBOX, "true"]) for _ in range(RUNS)])
        bare, gated = [], []
        for _ in range(RUNS):  # in turn, so that a slow spell of the machine meets both
            bare.append(seconds(PREVIEW))
            gated.append(
                seconds([*PREVIEW, "--policy-pack", "policy", "--policy-pack-config", "policy/config/dev.json"])
            )
        report("preview of the dev stack", bare)
        report("preview of the dev stack with the pack", gated)
        ratio = statistics.median(with_pack / without for with_pack, without in zip(gated, bare, strict=True))
        print(f"{'the same, with the pack ÷ without':<48}{ratio:8.2f}")
        report("make preview, warm", [seconds(["make", "-s", "preview"]) for _ in range(RUNS)])
        report("up of the dev stack", [seconds(UP)])
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)


def cold() -> None:
    """`make preview` on a fresh clone, with every cache of Go, pip and the engine empty."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        caches = {
            name: str(Path(folder) / name.lower())
            for name in ("GOMODCACHE", "GOCACHE", "PIP_CACHE_DIR", "PHI_ENGINE_CACHE")
        }
        env = os.environ | caches | {"GOFLAGS": "-modcacherw"}  # so that the folder can be removed
        report("make preview, fresh clone, empty caches", [seconds(["make", "preview"], cwd=clone, env=env)])
        subprocess.run([clone / "bin" / "sandbox", "--down"], env=env, check=True)


def seconds(command: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None) -> float:
    """The wall time of a command, which must succeed."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"bench: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return taken


def report(what: str, taken: list[float]) -> None:
    spread = f"  ({min(taken):.2f} to {max(taken):.2f})" if len(taken) > 1 else ""
    print(f"{what:<48}{statistics.median(taken):8.2f}{spread}", flush=True)


if __name__ == "__main__":
    main()

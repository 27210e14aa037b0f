"""Measures the figures in the README: `make bench`, or `make bench-cold` for a fresh clone with empty caches.

Each figure is the wall time of a whole command in seconds: the median of RUNS runs, with the minimum and maximum.
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
        measure_cold()
        return
    try:
        time_command([*SANDBOX, "true"])  # not measured: starts the emulator and builds the engine
        report("bin/engine, once it is built", [time_command([str(ROOT / "bin" / "engine")]) for _ in range(RUNS)])
        report("bin/sandbox true, while the emulator runs", [time_command([*SANDBOX, "true"]) for _ in range(RUNS)])
        without_pack, with_pack = [], []
        for _ in range(RUNS):  # alternating, so that a temporary slowdown affects both
            without_pack.append(time_command(PREVIEW))
            pack = ["--policy-pack", ".venv/policy", "--policy-pack-config", "policy/config/dev.json"]
            with_pack.append(time_command([*PREVIEW, *pack]))
        report("preview of the dev stack", without_pack)
        report("preview of the dev stack with the pack", with_pack)
        pairs = zip(with_pack, without_pack, strict=True)
        ratio = statistics.median(longer / shorter for longer, shorter in pairs)
        print(f"{'the same, with the pack ÷ without':<48}{ratio:8.2f}")
        report("make preview, warm", [time_command(["make", "-s", "preview"]) for _ in range(RUNS)])
        report("up of the dev stack", [time_command(UP)])
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)


def measure_cold() -> None:
    """Measure `make preview` on a fresh clone, with empty caches of Go, pip, uv and the engine.

    The CPU time is the steadier figure on a machine that does other things too.
    """
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        caches = {
            name: str(Path(folder) / name.lower())
            for name in ("GOMODCACHE", "GOCACHE", "PIP_CACHE_DIR", "UV_CACHE_DIR", "PHI_ENGINE_CACHE")
        }
        env = os.environ | caches | {"GOFLAGS": "-modcacherw"}  # makes the folder removable
        before = os.times()
        report("make preview, fresh clone, empty caches", [time_command(["make", "preview"], cwd=clone, env=env)])
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        report("the same, CPU time", [cpu])
        subprocess.run([clone / "bin" / "sandbox", "--down"], env=env, check=True)


def time_command(command: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None) -> float:
    """Run a command and return its wall time; exit if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    duration = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"bench: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return duration


def report(label: str, values: list[float]) -> None:
    """Print the median of the values with their range."""
    spread = f"  ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    print(f"{label:<48}{statistics.median(values):8.2f}{spread}", flush=True)


if __name__ == "__main__":
    main()

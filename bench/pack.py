"""Measures the cost of the policy pack on a large program: part of `make bench`, about ten minutes.

The same buckets are previewed without a pack, with a pack of one empty policy and with this project's pack, one after
the other. The order is reversed in every round, so that a temporary slowdown affects all of them. A pack's cost is the
difference from the preview without one. Every policy is advisory, so that findings don't stop a preview.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import checkov
from bench.process import ROOT, Run, run
from bench.run import SANDBOX, report

PACK = ROOT / ".venv" / "policy"
EMPTY_PACK = ROOT / "bench" / "empty_pack"
LARGE_BUCKETS = 400  # 3,202 resources
SMALLER_BUCKETS = (50, 100, 200)
ROUNDS = 3
SMALLER_ROUNDS = 2  # the usage of the pack's process hardly varies
STARTS = 7  # measurements of the start-up time

Round = dict[Path | None, Run]
"""Previews of the same size, by their pack."""


def main(pack: Path = PACK) -> None:
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(pack, Path(folder))
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)


def measure(pack: Path, folder: Path) -> None:
    advisory = folder / "advisory.json"
    advisory.write_text(json.dumps({"all": "advisory"}))
    checkov_over_plan = [*SANDBOX, *checkov.command(LARGE_BUCKETS, folder)]
    packs: list[Path | None] = [None, EMPTY_PACK, pack]
    preview_with_each(packs, SMALLER_BUCKETS[0], advisory)  # not measured: warms every cache

    large: list[Round] = []
    smaller: dict[int, list[Round]] = {buckets: [] for buckets in SMALLER_BUCKETS}
    checkov_seconds: list[float] = []
    for number in range(ROUNDS):
        print(f"bench: round {number + 1} of {ROUNDS}", file=sys.stderr)
        large.append(preview_with_each(packs, LARGE_BUCKETS, advisory))
        checkov_seconds.append(run_checkov(checkov_over_plan))
        for buckets, rounds in smaller.items():
            if number < SMALLER_ROUNDS:
                rounds.append(preview_with_each([other for other in packs if other != EMPTY_PACK], buckets, advisory))
        packs.reverse()

    print(f"{resources(LARGE_BUCKETS)} resources, {LARGE_BUCKETS} buckets:")
    report("preview", [previews[None].seconds for previews in large])
    report("preview with an empty pack", [previews[EMPTY_PACK].seconds for previews in large])
    report("preview with the pack", [previews[pack].seconds for previews in large])
    report("checkov over the Terraform plan", checkov_seconds)
    for unit, added in (("seconds", added_seconds), ("CPU seconds", added_cpu_seconds)):
        report(f"an empty pack adds, {unit}", [added(previews, EMPTY_PACK) for previews in large])
        report(f"the pack adds, {unit}", [added(previews, pack) for previews in large])
        ratios = [added(previews, pack) / added(previews, EMPTY_PACK) for previews in large]
        report(f"the pack ÷ an empty pack, {unit}", ratios)
    pairs = zip(large, checkov_seconds, strict=True)
    report("the pack adds ÷ checkov", [added_seconds(previews, pack) / seconds for previews, seconds in pairs])
    report("findings of the pack", [previews[pack].output.count("[advisory]") for previews in large])
    for measured in (EMPTY_PACK, pack):
        if usages := [usage for previews in large if (usage := previews[measured].pack)]:
            report(f"peak memory of {measured.name}/, MB", [usage.peak_bytes / 1e6 for usage in usages])
            report(f"CPU seconds of {measured.name}/", [usage.cpu_seconds for usage in usages])

    print("\nadded by the pack for each bucket, in milliseconds:")
    for buckets, rounds in [*smaller.items(), (LARGE_BUCKETS, large)]:
        report(f"with {buckets} buckets", [added_seconds(previews, pack) / buckets * 1e3 for previews in rounds])
        if usages := [usage for previews in rounds if (usage := previews[pack].pack)]:
            milliseconds = [usage.cpu_seconds / buckets * 1e3 for usage in usages]
            report(f"with {buckets} buckets, CPU of the pack's process", milliseconds)

    print("\nstart-up:")
    for measured in (EMPTY_PACK, pack):
        report(f"{measured.name}/, until it serves", [time_startup(measured) for _ in range(STARTS)])


def preview_with_each(packs: list[Path | None], buckets: int, config: Path) -> Round:
    """Preview this many buckets with each pack."""
    return {pack: preview(pack, buckets, config) for pack in packs}


def preview(pack: Path | None, buckets: int, config: Path) -> Run:
    """Run a first preview of this many buckets, in which every resource is new."""
    pack_options = ["--policy-pack", str(pack), "--policy-pack-config", str(config)] if pack else []
    program = ["--cwd", str(ROOT / "bench" / "large_program"), "--stack", "dev"]
    done = run([*SANDBOX, "pulumi", "preview", *program, *pack_options], {"BUCKETS": str(buckets)})
    new = re.search(r"\+ (\d+) to create", done.output)
    if not new or int(new[1]) != resources(buckets):
        sys.exit(f"bench: the preview doesn't have {resources(buckets)} resources:\n{done.output[-2000:]}")
    return done


def resources(buckets: int) -> int:
    """Return the number of resources: buckets with seven companions each, the key and the stack."""
    return 8 * buckets + 2


def added_seconds(previews: Round, pack: Path) -> float:
    """Return the wall time that a pack adds to a preview."""
    return previews[pack].seconds - previews[None].seconds


def added_cpu_seconds(previews: Round, pack: Path) -> float:
    """Return the CPU time of all processes that a pack adds. Other load on the machine hardly affects it."""
    return previews[pack].cpu_seconds - previews[None].cpu_seconds


def run_checkov(command: list[str]) -> float:
    """Return checkov's wall time for all resources except the stack, which only Pulumi has."""
    done = run(command, {})
    if checkov.checked_resources(done.output) != resources(LARGE_BUCKETS) - 1:
        sys.exit(f"bench: checkov didn't check the same resources:\n{done.output[:2000]}")
    return done.seconds


def time_startup(pack: Path) -> float:
    """Return the seconds until a pack serves, which is when it prints its port."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack)]
    begin = time.perf_counter()
    with subprocess.Popen(command, cwd=pack, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = process.stdout.readline()
            duration = time.perf_counter() - begin
        finally:
            process.kill()
    if not port.strip().isdigit():
        sys.exit(f"bench: {pack} doesn't start")
    return duration


if __name__ == "__main__":
    main()

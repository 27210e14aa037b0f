"""What the gate costs on a large program: the second half of `make bench`, some ten minutes.

The same buckets are previewed without a pack, with a pack of one empty policy and with ours, one after the other, and
the other way round the next time, so that a slow spell of the machine meets all. What a pack adds is the difference
from the preview without one. Every policy is advisory here, so that a preview with findings is timed to its end, too.
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

GATE = ROOT / "policy"
EMPTY = ROOT / "bench" / "empty_pack"
LARGE = 400  # buckets: 3,202 resources
SMALLER = (50, 100, 200)
ROUNDS = 3
SMALLER_ROUNDS = 2  # what the pack's own process takes hardly varies
STARTS = 7

Round = dict[Path | None, Run]
"""Previews of one size, by the pack."""


def main(gate: Path = GATE) -> None:
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(gate, Path(folder))
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)


def measure(gate: Path, folder: Path) -> None:
    advisory = folder / "advisory.json"
    advisory.write_text(json.dumps({"all": "advisory"}))
    check = [*SANDBOX, *checkov.command(LARGE, folder)]
    packs: list[Path | None] = [None, EMPTY, gate]
    previews(packs, SMALLER[0], advisory)  # every cache is warm from here on

    large: list[Round] = []
    smaller: dict[int, list[Round]] = {buckets: [] for buckets in SMALLER}
    checks: list[float] = []
    for at in range(ROUNDS):
        print(f"bench: round {at + 1} of {ROUNDS}", file=sys.stderr)
        large.append(previews(packs, LARGE, advisory))
        checks.append(checked(check))
        for buckets, rounds in smaller.items():
            if at < SMALLER_ROUNDS:
                rounds.append(previews([pack for pack in packs if pack != EMPTY], buckets, advisory))
        packs.reverse()

    print(f"{resources(LARGE)} resources, {LARGE} buckets:")
    report("preview", [each[None].seconds for each in large])
    report("the same with an empty pack", [each[EMPTY].seconds for each in large])
    report("the same with the pack", [each[gate].seconds for each in large])
    report("checkov over the Terraform plan", checks)
    report("an empty pack adds", [added(each, EMPTY) for each in large])
    report("the pack adds", [added(each, gate) for each in large])
    report("the same, the pack ÷ empty", [added(each, gate) / added(each, EMPTY) for each in large])
    report("an empty pack adds, CPU seconds", [added_cpu(each, EMPTY) for each in large])
    report("the pack adds, CPU seconds", [added_cpu(each, gate) for each in large])
    report("the same, the pack ÷ empty", [added_cpu(each, gate) / added_cpu(each, EMPTY) for each in large])
    report("the pack adds ÷ checkov", [added(each, gate) / one for each, one in zip(large, checks, strict=True)])
    report("findings of the pack", [each[gate].output.count("[advisory]") for each in large])
    for pack in (EMPTY, gate):
        if usages := [usage for each in large if (usage := each[pack].pack)]:
            report(f"peak memory of {pack.name}/, MB", [usage.peak / 1e6 for usage in usages])
            report(f"CPU seconds of {pack.name}/", [usage.cpu for usage in usages])

    print("\nthe pack adds for each bucket, in milliseconds:")
    for buckets, rounds in [*smaller.items(), (LARGE, large)]:
        report(f"of {buckets}", [added(each, gate) / buckets * 1e3 for each in rounds])
        if usages := [usage for each in rounds if (usage := each[gate].pack)]:
            report(f"of {buckets}, CPU of the pack's own process", [usage.cpu / buckets * 1e3 for usage in usages])

    print("\nstart-up:")
    for pack in (EMPTY, gate):
        report(f"{pack.name}/, until it serves", [start(pack) for _ in range(STARTS)])


def previews(packs: list[Path | None], buckets: int, config: Path) -> Round:
    return {pack: preview(pack, buckets, config) for pack in packs}


def preview(pack: Path | None, buckets: int, config: Path) -> Run:
    """A first preview of so many buckets, of which every resource is new."""
    gated = ["--policy-pack", str(pack), "--policy-pack-config", str(config)] if pack else []
    program = ["--cwd", str(ROOT / "bench" / "large_program"), "--stack", "dev"]
    done = run([*SANDBOX, "pulumi", "preview", *program, *gated], {"BUCKETS": str(buckets)})
    new = re.search(r"\+ (\d+) to create", done.output)
    if not new or int(new[1]) != resources(buckets):
        sys.exit(f"bench: the preview hasn't all {resources(buckets)} resources:\n{done.output[-2000:]}")
    return done


def resources(buckets: int) -> int:
    """Buckets with seven companions each, the key and the stack."""
    return 8 * buckets + 2


def added(previews: Round, pack: Path) -> float:
    return previews[pack].seconds - previews[None].seconds


def added_cpu(previews: Round, pack: Path) -> float:
    """The CPU seconds of every process: what else the machine does hardly changes them."""
    return previews[pack].cpu - previews[None].cpu


def checked(check: list[str]) -> float:
    """The seconds that checkov takes, for all resources but the stack, which is Pulumi's own."""
    done = run(check, {})
    if checkov.resources(done.output) != resources(LARGE) - 1:
        sys.exit(f"bench: checkov hasn't checked the same resources:\n{done.output[:2000]}")
    return done.seconds


def start(pack: Path) -> float:
    """The seconds until a pack serves: it says its port."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack)]
    begin = time.perf_counter()
    with subprocess.Popen(command, cwd=pack, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = process.stdout.readline()
            taken = time.perf_counter() - begin
        finally:
            process.kill()
    if not port.strip().isdigit():
        sys.exit(f"bench: {pack} doesn't start")
    return taken


if __name__ == "__main__":
    main()

"""What the stack's components cost, and what a second bucket of PHI adds: part of `make bench`, some two minutes.

Pulumi's time goes by resources, so prod is compared with as many that no component declares.
"""

from __future__ import annotations

import re
import subprocess
import sys

from bench.process import ROOT, Run, run
from bench.run import SANDBOX, report

PROD = (str(ROOT), "prod", 0)
SECOND = (str(ROOT / "bench" / "second_bucket"), "prod", 0)
BARE = (str(ROOT / "bench" / "large_program"), "dev", 16)  # buckets with seven companions each, and a key
ROUNDS = 5


def main() -> None:
    programs = [PROD, SECOND, BARE]
    try:
        for program in programs:  # every cache is warm from here on
            preview(*program)
        runs: dict[tuple[str, str, int], list[Run]] = {program: [] for program in programs}
        for _ in range(ROUNDS):  # in turn, so that a slow spell of the machine meets all
            for program in programs:
                runs[program].append(preview(*program))
            programs.reverse()
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)

    counts = {program: created(done[0]) for program, done in runs.items()}
    for program, what in ((PROD, "preview of prod"), (SECOND, "with a second bucket"), (BARE, "bare resources")):
        report(f"{what}, {counts[program]} resources", [each.seconds for each in runs[program]])
    each = {program: [one.seconds / counts[program] for one in done] for program, done in runs.items()}
    report("a resource of prod ÷ a bare one", [one / bare for one, bare in zip(each[PROD], each[BARE], strict=True)])
    second = counts[SECOND] - counts[PROD]
    report(f"the second bucket's {second} resources, seconds", difference(runs[SECOND], runs[PROD]))
    report(
        "a resource of it ÷ one of prod",
        [added / second / one for added, one in zip(difference(runs[SECOND], runs[PROD]), each[PROD], strict=True)],
    )


def preview(folder: str, stack: str, buckets: int) -> Run:
    """A first preview, without the pack, of which every resource is new."""
    command = ["pulumi", "preview", "--cwd", folder, "--stack", stack, "--skip-config-validation"]
    return run([*SANDBOX, *command], {"BUCKETS": str(buckets)})


def created(done: Run) -> int:
    """How many resources a preview has, components among them."""
    new = re.search(r"\+ (\d+) to create", done.output)
    if not new:
        sys.exit(f"bench: no resources in:\n{done.output[-2000:]}")
    return int(new[1])


def difference(longer: list[Run], shorter: list[Run]) -> list[float]:
    return [one.seconds - other.seconds for one, other in zip(longer, shorter, strict=True)]


if __name__ == "__main__":
    main()

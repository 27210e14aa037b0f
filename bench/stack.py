"""Measures the overhead of the stack's components and of a second PHI bucket: part of `make bench`, about two minutes.

Pulumi's time depends on the number of resources, so prod is compared with about as many resources that are declared
without components.
"""

from __future__ import annotations

import re
import subprocess
import sys

from bench.process import ROOT, Run, run
from bench.run import SANDBOX, report

# Programs: the project folder, the stack, and the number of buckets in the large program.
PROD = (str(ROOT), "prod", 0)
WITH_SECOND_BUCKET = (str(ROOT / "bench" / "second_bucket"), "prod", 0)
# 16 buckets with seven companion resources each, and a key.
WITHOUT_COMPONENTS = (str(ROOT / "bench" / "large_program"), "dev", 16)
ROUNDS = 5


def main() -> None:
    programs = [PROD, WITH_SECOND_BUCKET, WITHOUT_COMPONENTS]
    try:
        for program in programs:  # warms every cache
            preview(*program)
        runs: dict[tuple[str, str, int], list[Run]] = {program: [] for program in programs}
        for _ in range(ROUNDS):  # alternating, so that a temporary slowdown affects all
            for program in programs:
                runs[program].append(preview(*program))
            programs.reverse()
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)

    counts = {program: created(done[0]) for program, done in runs.items()}
    for program, label in (
        (PROD, "preview of prod"),
        (WITH_SECOND_BUCKET, "with a second bucket"),
        (WITHOUT_COMPONENTS, "without components"),
    ):
        report(f"{label}, {counts[program]} resources", [done.seconds for done in runs[program]])
    per_resource = {
        program: [done.seconds / counts[program] for done in finished] for program, finished in runs.items()
    }
    pairs = zip(per_resource[PROD], per_resource[WITHOUT_COMPONENTS], strict=True)
    report("per resource, prod ÷ without components", [prod / bare for prod, bare in pairs])
    added_resources = counts[WITH_SECOND_BUCKET] - counts[PROD]
    added = added_seconds(runs[WITH_SECOND_BUCKET], runs[PROD])
    report(f"the second bucket's {added_resources} resources, seconds", added)
    report(
        "per resource, second bucket ÷ prod",
        [seconds / added_resources / prod for seconds, prod in zip(added, per_resource[PROD], strict=True)],
    )


def preview(folder: str, stack: str, buckets: int) -> Run:
    """Run a first preview, in which every resource is new, without the pack."""
    command = ["pulumi", "preview", "--cwd", folder, "--stack", stack, "--skip-config-validation"]
    return run([*SANDBOX, *command], {"BUCKETS": str(buckets)})


def created(done: Run) -> int:
    """Return the number of resources in a preview, including components."""
    new = re.search(r"\+ (\d+) to create", done.output)
    if not new:
        sys.exit(f"bench: no resource count in the output:\n{done.output[-2000:]}")
    return int(new[1])


def added_seconds(longer: list[Run], shorter: list[Run]) -> list[float]:
    return [long.seconds - short.seconds for long, short in zip(longer, shorter, strict=True)]


if __name__ == "__main__":
    main()

"""The component resources of the PHI stack, one per file. Each lists its inputs, so a program can use a single one."""

import phi  # noqa: F401  (adds the policy pack to the path: components share its facts about AWS)

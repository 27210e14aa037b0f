"""The component resources of the PHI stack, one per file. Each lists its inputs, so any program can use one alone."""

import phi  # noqa: F401  (adds the policy pack to the path: components share its facts about AWS)

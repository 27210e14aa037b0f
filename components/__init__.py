"""The component resources of the PHI stack, one per file."""

import phi  # noqa: F401  (puts the pack's folder on the path: the components share its facts about AWS)

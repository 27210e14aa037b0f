"""The rule expressions of composite alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

# A condition on the state of one alarm, which the rule names or gives the ARN of, with or without quotation marks.
_CONDITION = re.compile(r'\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"()]+))\s*\)')
_TOKEN = re.compile(r"#\d+|\w+|\S")


@lru_cache(maxsize=1024)
def sufficient_alarms(rule: str) -> frozenset[str]:
    """Return the names of the alarms each of which, in the state ALARM, is enough to put the composite alarm into it.

    Only an OR of conditions makes one of them enough. AWS doesn't document whether AND, OR or NOT takes precedence, so
    where a rule has AND or NOT beside OR, without parentheses, none of them counts.
    """
    conditions: list[str | None] = []

    def number(match: re.Match[str]) -> str:
        state, quoted, unquoted = match.groups()
        name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else unquoted
        conditions.append(name.partition(":alarm:")[2] or name if state == "ALARM" else None)
        return f" #{len(conditions) - 1} "

    tokens = _TOKEN.findall(_CONDITION.sub(number, rule))
    try:
        names = [conditions[index] for index in _alternatives(tokens)]
    except RecursionError:  # the parentheses are nested too deeply
        return frozenset()
    return frozenset(name for name in names if name is not None)


def _alternatives(tokens: list[str]) -> list[int]:
    """Return the numbers of the conditions that an expression joins with OR, also within parentheses."""
    if len(tokens) == 1 and tokens[0].startswith("#"):
        return [int(tokens[0][1:])]
    if _is_in_parentheses(tokens):
        return _alternatives(tokens[1:-1])
    terms: list[list[str]] = [[]]
    for token, depth in zip(tokens, _depths(tokens), strict=True):
        if (token, depth) == ("OR", 0):
            terms.append([])
        else:
            terms[-1].append(token)
    is_or = len(terms) > 1 and all(len(term) == 1 or _is_in_parentheses(term) for term in terms)
    return [index for term in terms for index in _alternatives(term)] if is_or else []


def _is_in_parentheses(tokens: list[str]) -> bool:
    depths = _depths(tokens)
    return tokens[:1] == ["("] and depths[-1] == 0 and 0 not in depths[:-1]


def _depths(tokens: list[str]) -> list[int]:
    """Return how many parentheses are open after each token."""
    return list(accumulate({"(": 1, ")": -1}.get(token, 0) for token in tokens))

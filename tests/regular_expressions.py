"""The regular expressions of the source code, and texts on which a bad one takes long."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import importlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

from sandbox.folder import ROOT

FOLDERS = ("policy/crossguard", "policy/hipaa_controls", "phi_buckets", "components", "sandbox", "pulumi_engine")
FUNCTIONS = ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "finditer", "findall")
REPETITIONS = 300
"""How often a text repeats something: a quadratic search takes milliseconds, a cubic one seconds."""
ALPHABET_SIZE = 4
SAMPLES = 3


@dataclass(frozen=True)
class SourcePattern:
    """A regular expression of the source code, with the file and the line in which it is written."""

    place: str
    pattern: str | bytes


def read_source() -> tuple[list[SourcePattern], list[str]]:
    """Return all regular expressions, and the places that call `re` with an expression that isn't a literal.

    An f-string is evaluated with the names of its module. A name that the module lacks, such as an argument, is `x`.
    """
    patterns: list[SourcePattern] = []
    computed: list[str] = []
    for folder in FOLDERS:
        root = ROOT / "policy" if folder.startswith("policy/") else ROOT
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name == "__main__.py":
                continue
            file = str(path.relative_to(ROOT))
            expressions = list(_pattern_expressions(ast.parse(path.read_text(encoding="utf-8"))))
            if not expressions:
                continue
            module = importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
            patterns += [SourcePattern(file, pattern) for pattern in _compiled_in(module)]
            for expression in expressions:
                if isinstance(expression, ast.Constant | ast.JoinedStr):
                    patterns.append(SourcePattern(f"{file}:{expression.lineno}", _evaluate(expression, module)))
                else:
                    computed.append(f"{file}: {ast.unparse(expression)}")
    return list({(pattern.pattern): pattern for pattern in patterns}.values()), computed


def _pattern_expressions(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the first argument of each call of `re`, and each argument `pattern` that is a text."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name), args=[expression, *_]):
                if name in FUNCTIONS:
                    yield expression
            case ast.keyword(arg="pattern", value=ast.Constant() | ast.JoinedStr() as expression):
                yield expression


def _evaluate(expression: ast.expr, module: ModuleType) -> str | bytes:
    names = {node.id: "x" for node in ast.walk(expression) if isinstance(node, ast.Name)}
    code = compile(ast.Expression(expression), "<pattern>", "eval")
    pattern: str | bytes = eval(code, names | vars(builtins) | vars(module))
    return pattern


def _compiled_in(module: ModuleType) -> Iterator[str | bytes]:
    """Yield the patterns that a module has compiled, also those in the fields of its dataclasses."""
    for value in vars(module).values():
        is_instance = dataclasses.is_dataclass(value) and not isinstance(value, type)
        fields = [getattr(value, field.name) for field in dataclasses.fields(value)] if is_instance else [value]
        yield from (field.pattern for field in fields if isinstance(field, re.Pattern))


def hostile_texts(pattern: str | bytes) -> Iterator[str]:
    """Yield texts that nearly match: up to a repetition, then many times what it repeats, then what doesn't match.

    What is repeated is a text that the repetition's own sub-pattern matches, or any two characters that occur in the
    pattern. The latter finds neighbors that match the same characters, as in `a*[ab]*`.
    """
    tree = _parser.parse(pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern)
    alphabet = _alphabet(tree)
    words = ["".join(word) for length in (1, 2) for word in itertools.product(alphabet, repeat=length)]
    for prefix, repeated in dict.fromkeys(_repetitions(tree, "")):
        for word in dict.fromkeys([*repeated, *words]):
            for suffix in ("\0", "! \n"):
                yield prefix + word * REPETITIONS + suffix


def _repetitions(tree: Iterable[Any], prefix: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield, for each repetition, a text that leads to it, and texts that it can repeat."""
    for operation, argument in tree:
        match operation:
            case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
                minimum, maximum, repeated = argument
                if maximum > minimum + 1:
                    yield prefix, tuple(_samples(repeated))
                yield from _repetitions(repeated, prefix)
            case sre.SUBPATTERN:
                yield from _repetitions(argument[3], prefix)
            case sre.BRANCH:
                for branch in argument[1]:
                    yield from _repetitions(branch, prefix)
        prefix += next(iter(_samples([(operation, argument)])), "")


def _samples(tree: Iterable[Any]) -> list[str]:
    """Return a few texts that a pattern matches."""
    texts = [""]
    for operation, argument in tree:
        continuations = _samples_of(operation, argument)
        texts = [text + more for text in texts for more in continuations][: SAMPLES**2]
    return list(dict.fromkeys(texts))


def _samples_of(operation: Any, argument: Any) -> Sequence[str]:
    match operation:
        case sre.LITERAL:
            return [chr(argument)]
        case sre.NOT_LITERAL | sre.ANY | sre.CATEGORY | sre.IN:
            return _members(_to_pattern(operation, argument))[:SAMPLES]
        case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
            minimum, maximum, repeated = argument
            texts = _samples(repeated)
            counts = {minimum, min(maximum, max(minimum, 1))}
            return [text * count for count in sorted(counts) for text in texts]
        case sre.SUBPATTERN:
            return _samples(argument[3])
        case sre.BRANCH:
            return [text for branch in argument[1] for text in _samples(branch)]
    return [""]  # assertions and anchors match no characters


@cache
def _members(one_character: str) -> tuple[str, ...]:
    """Return characters that the pattern of one character matches, those that such patterns often match first."""
    candidates = (*"a0A-/.:' \"_{[,=\\", *map(chr, range(33, 127)), "\n")
    return tuple(filter(re.compile(one_character, re.DOTALL).match, candidates))


def _to_pattern(operation: Any, argument: Any) -> str:
    """Return the pattern of one character that was parsed."""
    match operation:
        case sre.LITERAL:
            return re.escape(chr(argument))
        case sre.NOT_LITERAL:
            return f"[^{re.escape(chr(argument))}]"
        case sre.ANY:
            return "."
        case sre.RANGE:
            return "-".join(re.escape(chr(bound)) for bound in argument)
        case sre.CATEGORY:
            letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}[str(argument).rsplit("_", 1)[-1]]
            return "\\" + (letter.upper() if "NOT" in str(argument) else letter)
        case sre.IN:
            return "[" + "".join("^" if op is sre.NEGATE else _to_pattern(op, value) for op, value in argument) + "]"
    raise AssertionError(operation)


def _alphabet(tree: Iterable[Any]) -> list[str]:
    """Return a few characters that several parts of a pattern match."""
    counts: dict[str, int] = {}
    for operation, argument in _characters(tree):
        members = (chr(argument),) if operation is sre.LITERAL else _members(_to_pattern(operation, argument))
        for character in members:
            counts[character] = counts.get(character, 0) + 1
    return sorted(counts, key=lambda character: -counts[character])[:ALPHABET_SIZE]


def _characters(tree: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for operation, argument in tree:
        match operation:
            case sre.LITERAL | sre.NOT_LITERAL | sre.ANY | sre.IN | sre.CATEGORY:
                yield operation, argument
            case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
                yield from _characters(argument[2])
            case sre.SUBPATTERN:
                yield from _characters(argument[3])
            case sre.BRANCH:
                for branch in argument[1]:
                    yield from _characters(branch)

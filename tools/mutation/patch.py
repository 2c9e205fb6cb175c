"""Puts a mutant into a process that has the original module imported already: functions get the mutant's code."""

import ast
import gc
import inspect
from types import CodeType, FunctionType

Pair = tuple[CodeType, CodeType]  # without and with the mutant


def changed_function(source: str, mutated: str, file: str) -> list[Pair] | None:
    """The one function of a module that a mutant changes, and after it those inside it that the mutant changes.

    Args:
        source: the module's text.
        mutated: the same as `ast.unparse` writes it, with the mutant.
        file: the module's name, for tracebacks.

    Returns:
        None when the mutant changes what the import itself does: constants, defaults, classes.
    """
    own = compile(source, file, "exec", dont_inherit=True)
    plain = compile(ast.unparse(ast.parse(source)), file, "exec", dont_inherit=True)
    other = compile(mutated, file, "exec", dont_inherit=True)
    return _descend(own, plain, other)


def _descend(own: CodeType, plain: CodeType, other: CodeType) -> list[Pair] | None:
    inner = [_inner(code) for code in (own, plain, other)]
    alike = len({len(codes) for codes in inner}) == 1
    changed = [codes for codes in zip(*inner, strict=alike) if codes[1] != codes[2]]
    if own.co_flags & inspect.CO_NEWLOCALS:
        # a function; bodies of modules and classes have no locals of their own. What it made before the mutant came,
        # when the module was imported, has the code of the functions inside it
        inside = [_descend(*codes) for codes in changed] if alike else []
        return [(own, other), *(pair for pairs in inside if pairs for pair in pairs)]
    if not alike or _itself(plain) != _itself(other):
        return None
    return _descend(*changed[0]) if len(changed) == 1 else None


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _itself(code: CodeType) -> tuple[bytes, tuple[str, ...], list[str]]:
    constants = [repr(each) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, code.co_names, constants


def replace_code(pairs: list[Pair]) -> int:
    """Give every function that has one of the codes the mutant's; returns to how many that have the first.

    Raises:
        ValueError: the mutant uses other variables of an outer function.
    """
    functions = [each for each in gc.get_objects() if type(each) is FunctionType]
    counts = []
    for old, new in pairs:
        found = [each for each in functions if each.__code__ == old]
        for function in found:
            function.__code__ = new
        counts.append(len(found))
    return counts[0]

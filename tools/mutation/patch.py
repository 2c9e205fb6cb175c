"""Puts a mutant into a process that has the original module imported already: functions get the mutant's code."""

import ast
import gc
import inspect
from types import CodeType, FunctionType


def changed_function(source: str, mutated: str, file: str) -> tuple[CodeType, CodeType] | None:
    """The one function of a module that a mutant changes, as its code without and with the mutant.

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


def _descend(own: CodeType, plain: CodeType, other: CodeType) -> tuple[CodeType, CodeType] | None:
    if (
        own.co_flags & inspect.CO_NEWLOCALS
    ):  # a function; bodies of modules and classes have no locals of their own
        return own, other
    inner = [_inner(code) for code in (own, plain, other)]
    if len({len(codes) for codes in inner}) != 1 or _itself(plain) != _itself(other):
        return None
    changed = [codes for codes in zip(*inner, strict=True) if codes[1] != codes[2]]
    return _descend(*changed[0]) if len(changed) == 1 else None


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _itself(code: CodeType) -> tuple[bytes, tuple[str, ...], list[str]]:
    constants = [repr(each) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, code.co_names, constants


def replace_code(old: CodeType, new: CodeType) -> int:
    """Give `new` to every function that has the code `old`; returns to how many.

    Raises:
        ValueError: `new` uses other variables of an outer function than `old`.
    """
    found = [each for each in gc.get_objects() if type(each) is FunctionType and each.__code__ == old]
    for function in found:
        function.__code__ = new
    return len(found)

"""Mutants of Python, by its syntax tree."""

import ast
import copy
from collections.abc import Iterator
from functools import partial

from .mutant import Mutant

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
}


GUARDS = ("frozen", "strict")  # keywords that stop a programmer, and change no result
MOST_REMOVED = 100  # statements of one block, one a mutant
_CANDIDATES = (
    *(ast.Compare, ast.BoolOp, ast.BinOp, ast.AugAssign, ast.IfExp, ast.If, ast.While, ast.Constant),
    *(ast.FunctionDef, ast.For, ast.With),
)


def python_mutants(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a Python file: comparisons, operators, constants, conditions and statements."""
    lines = source.split("\n")
    tree = ast.parse(source)
    statements = _statement_of(tree)
    guards = {
        id(each.value) for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg in GUARDS
    }
    for number, node in enumerate(ast.walk(tree)):
        for variant in (
            range(MOST_REMOVED + 1) if isinstance(node, _CANDIDATES) and id(node) not in guards else ()
        ):
            change = _change_node(copy.deepcopy(node), variant)
            if change is not None:
                line = getattr(node, "lineno", 1)
                first, last = (
                    _header(statements[node]) if variant == 0 else _span(_removable(node)[variant - 1][1])
                )
                whole = partial(_python_source, source, number, variant)
                yield Mutant(file, line, lines[line - 1].strip(), change, whole, first, last)
            elif variant > 0:
                break


def _statement_of(tree: ast.Module) -> dict[ast.AST, ast.AST]:
    """The innermost statement that each node belongs to, itself included."""
    found: dict[ast.AST, ast.AST] = {}

    def visit(node: ast.AST, statement: ast.AST) -> None:
        inner = node if isinstance(node, ast.stmt) else statement
        found[node] = inner
        for child in ast.iter_child_nodes(node):
            visit(child, inner)

    visit(tree, tree)
    return found


def _span(node: ast.AST) -> tuple[int, int]:
    """First and last line of a node."""
    first = getattr(node, "lineno", 1)
    return first, getattr(node, "end_lineno", first) or first


def _header(statement: ast.AST) -> tuple[int, int]:
    """First and last line of a statement without its body."""
    first, last = _span(statement)
    body = getattr(statement, "body", None)
    return (first, max(first, _span(body[0])[0] - 1)) if isinstance(body, list) and body else (first, last)


def _python_source(source: str, number: int, variant: int) -> str:
    tree = ast.parse(source)
    _change_node(next(node for at, node in enumerate(ast.walk(tree)) if at == number), variant)
    return ast.unparse(ast.fix_missing_locations(tree))


def _change_node(node: ast.AST, variant: int) -> str | None:
    """Change a node in place and say how; None when there is nothing to change."""
    if variant > 0:
        return _remove_statement(node, variant - 1)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        old = type(node.ops[0])
        node.ops[0] = _COMPARISONS[old]()
        return f"{old.__name__} → {_COMPARISONS[old].__name__} (column {node.col_offset})"
    if isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return f"and/or (column {node.col_offset})"
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _OPERATORS:
        name = type(node.op).__name__
        node.op = _OPERATORS[type(node.op)]()
        return f"{name} → {type(node.op).__name__} (column {node.col_offset})"
    if isinstance(node, ast.IfExp | ast.If | ast.While):
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return f"condition reversed (column {node.col_offset})"
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        if isinstance(node.value, float):
            node.value = 2 * node.value or 1.0  # one more of 1e9 changes nothing
        else:
            node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1
        return f"constant → {node.value} (column {node.col_offset})"
    return None


def _remove_statement(node: ast.AST, which: int) -> str | None:
    """Remove the statement of that number, from 0, among those of a block that can go."""
    found = _removable(node)
    if which >= len(found):
        return None
    body, statement = found[which]
    body[body.index(statement)] = ast.Pass()
    return f"removed: {ast.unparse(statement)[:60]}"


def _removable(node: ast.AST) -> list[tuple[list[ast.stmt], ast.stmt]]:
    """Statements of a block that can go, each with the list that it stands in."""
    if not isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.With):
        return []
    return [
        (body, statement)
        for body in (node.body, getattr(node, "orelse", []))
        for statement in body
        if isinstance(statement, ast.AugAssign)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call))
    ]

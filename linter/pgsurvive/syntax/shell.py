"""A small model of a shell script: its commands with their words, and how their exit statuses combine.

tree-sitter-bash reads the text; this module turns its tree into nodes that a rule can reason about. What the model can't
say stays unknown: a word with an expansion in it is not `constant`, and a construct that isn't modeled is `Other`.
Offsets are indexes into the text that was parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from pgsurvive.syntax.shell_respelling import HereDocument, respelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import tree_sitter

_NOT_ASCII = re.compile(r"[^\x01-\x7f]")
_POSITIONAL = re.compile(r"(?<![$\\])\$\d")
_BEHIND_NAME = re.compile(r"(\$[A-Za-z_]\w*)([-./:%,+@~^][\w./:%,+@~^-]*+)(?![(\\])")
_EXPANSIONS = frozenset(
    {
        "simple_expansion",
        "expansion",
        "command_substitution",
        "process_substitution",
        "arithmetic_expansion",
    }
)
_SEPARATORS = frozenset({";", "&", "\n", ";;"})
_DOUBLE_QUOTE_ESCAPE = re.compile(r'\\([$`"\\\n])')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_EXPANDS = re.compile(r"(?<!\\)[$`]")
_GLUED = re.compile(r"`[^`]*`[^\s;|&<>()]*")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, without its quotes; expansions in it stay as they are written."""

    text: str
    start: int
    end: int
    constant: bool = True
    quoted: bool = False
    inside: tuple[Node, ...] = field(default=(), repr=False)
    """The code of the command substitutions in it."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection such as `> file` or `2>&1`; the target of `<<` is the text of the here-document."""

    operator: str
    target: Word | None
    descriptor: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command, or a test in brackets (whose first word is then `[` or `[[`)."""

    words: tuple[Word, ...]
    start: int
    end: int
    redirects: tuple[Redirect, ...] = ()
    assignments: tuple[Word, ...] = ()

    @property
    def name(self) -> str:
        """The program, without the directory it is called by; empty where there is none or it is computed."""
        if not self.words or not self.words[0].constant:
            return ""
        return self.words[0].text.rpartition("/")[2]

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words behind the program."""
        return self.words[1:]

    @property
    def heredoc(self) -> Word | None:
        """The text that a here-document or a here-string gives to its standard input."""
        fed = [redirect.target for redirect in self.redirects if redirect.operator.startswith("<<")]
        return fed[-1] if fed else None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`a | b | c`: its status is that of the last part, unless pipefail is set."""

    parts: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AndOr:
    """`left && right` or `left || right`."""

    left: Node
    operator: str
    right: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Negation:
    """`! body`."""

    body: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other; `terminators[i]` is what stands behind `items[i]`: `;`, `&`, a line end or nothing."""

    items: tuple[Node, ...]
    terminators: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class If:
    """`if condition; then body; else otherwise; fi`; an elif is an If in `otherwise`."""

    condition: Node
    body: Node
    otherwise: Node | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """`( … )` or `{ …; }`."""

    body: Node
    start: int
    end: int
    redirects: tuple[Redirect, ...] = ()
    is_subshell: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """`name() body`: what is inside runs where the name is called."""

    name: str
    body: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Loop:
    """`while condition; do body; done`, `until …`, or `for variable in words; do body; done`."""

    kind: str
    """`while`, `until`, `for` or `select`."""

    condition: Node | None
    variable: str
    words: tuple[Word, ...]
    """What the variable of a `for` runs through; empty where it is counted or runs through the parameters."""

    body: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Case:
    """`case word in pattern) branch;; … esac`."""

    word: Word | None
    branches: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Other:
    """What isn't modeled: only the commands inside are known, not when they run."""

    kind: str
    children: tuple[Node, ...]
    start: int
    end: int


Node: TypeAlias = (
    Command | Pipeline | AndOr | Negation | Sequence | If | Group | Function | Loop | Case | Other
)


@dataclass(frozen=True, slots=True)
class Script:
    """A parsed text. Where `broken`, the shell would probably refuse it, and what was read is a guess."""

    text: str = field(repr=False)
    body: Sequence
    broken: bool


def parse(text: str) -> Script:
    """Reads shell code; never raises. Code nested too deeply for the model comes back empty and broken."""
    # Offsets of the parser are bytes: with every other character replaced by a letter they are characters too.
    # Its grammar takes `$d/$2` for two words, but not `$d/$x`; and `$d-$x.sql`, but not `$d-$xxsql`.
    content = _BEHIND_NAME.sub(_lettered, _POSITIONAL.sub("$x", _NOT_ASCII.sub("x", text))).encode("ascii")
    root = _parser().parse(content).root_node
    documents: dict[int, HereDocument] = {}
    if root.has_error:
        other = respelled(content.decode("ascii"))
        retried = _parser().parse(other.text.encode("ascii")).root_node
        if not retried.has_error:
            root, documents = retried, other.documents
    try:
        return Script(text, _Reader(text, documents).sequence(root), broken=root.has_error)
    except RecursionError:
        return Script(text, Sequence((), (), 0, len(text)), broken=True)


def _lettered(match: re.Match[str]) -> str:
    return match[1] + "x" * len(match[2])


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside, in the order in which they are written."""
    match node:
        case Command():
            return ()
        case Pipeline(parts=parts):
            return parts
        case AndOr(left=left, right=right):
            return (left, right)
        case Negation(body=body) | Group(body=body) | Function(body=body):
            return (body,)
        case Loop(condition=condition, body=body):
            return (body,) if condition is None else (condition, body)
        case Case(branches=branches):
            return branches
        case Sequence(items=items):
            return items
        case If(condition=condition, body=body, otherwise=otherwise):
            return (condition, body) if otherwise is None else (condition, body, otherwise)
        case Other(children=inner):
            return inner


def commands(node: Node) -> Iterator[Command]:
    """Every simple command inside, in the order in which they are written."""
    if isinstance(node, Command):
        yield node
    for child in children(node):
        yield from commands(child)


@cache
def _parser() -> tree_sitter.Parser:
    import tree_sitter  # noqa: PLC0415 - a commit without shell in it shouldn't pay for the parser
    import tree_sitter_bash  # noqa: PLC0415

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _without_comments(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The named children; a comment may stand behind any operator at the end of a line."""
    return [child for child in node.named_children if child.type != "comment"]


class _Reader:
    """Turns tree-sitter's nodes into ours. Offsets stay those of the text."""

    def __init__(self, text: str, documents: Mapping[int, HereDocument]) -> None:
        self.text = text
        self.documents = documents
        """Those that the tree has as a redirection from a file, by the place of the operator."""

    def sequence(self, node: tree_sitter.Node) -> Sequence:
        """The statements directly inside a node."""
        items: list[Node] = []
        terminators: list[str] = []
        for child in node.children:
            if child.is_named:
                if child.type != "comment":
                    items.append(self.statement(child))
                    terminators.append("")
            elif child.type in _SEPARATORS and items and not terminators[-1]:
                terminators[-1] = child.type
        return Sequence(tuple(items), tuple(terminators), node.start_byte, node.end_byte)

    def statement(self, node: tree_sitter.Node) -> Node:  # noqa: C901, PLR0912 - one case per kind of node
        """One statement."""
        start, end = node.start_byte, node.end_byte
        match node.type:
            case "command" | "declaration_command" | "unset_command":
                return self._command(node)
            case "test_command":
                return self._test(node)
            case "variable_assignment" | "variable_assignments":
                return Command((), start, end, assignments=(self._word(node),))
            case "pipeline":
                return self._pipeline(node)
            case "list":
                left, right = (self.statement(child) for child in _without_comments(node)[:2])
                operator = next((c.type for c in node.children if c.type in ("&&", "||")), "&&")
                return AndOr(left, operator, right, start, end)
            case "negated_command":
                return Negation(self.sequence(node), start, end)
            case "redirected_statement":
                return self._redirected(node)
            case "subshell" | "compound_statement" if node.children[0].type in "({":
                return Group(self.sequence(node), start, end, is_subshell=node.children[0].type == "(")
            case "if_statement" | "elif_clause":
                return self._if(node)
            case "function_definition":
                return self._function(node)
            case "while_statement" | "for_statement" | "c_style_for_statement":
                return self._loop(node)
            case "case_statement":
                return self._case(node)
            case kind:
                inner = (self.statement(c) for c in node.named_children if c.type != "comment")
                return Other(kind, tuple(inner), start, end)

    def _command(self, node: tree_sitter.Node) -> Command:
        words: list[Word] = []
        assignments: list[Word] = []
        redirects: list[Redirect] = []
        if node.type != "command":
            words.append(self._word(node.children[0]))
        for child in node.named_children:
            if child.type == "variable_assignment" and not words:
                assignments.append(self._word(child))
            elif child.type.endswith("redirect"):
                redirects.append(self._redirect(child))
            elif child.type != "comment":
                words.append(self._word(child))
        return Command(tuple(words), node.start_byte, node.end_byte, tuple(redirects), tuple(assignments))

    def _test(self, node: tree_sitter.Node) -> Command:
        """`[ ! -f x ]` with its operands and operators as words, whatever tree they form."""
        words: list[Word] = []
        pending = [node]
        while pending:
            current = pending.pop()
            if current.type.endswith(("_expression", "_command")):
                pending.extend(reversed(current.children))
            elif current.end_byte > current.start_byte:
                words.append(self._word(current))
        return Command(tuple(words), node.start_byte, node.end_byte)

    def _pipeline(self, node: tree_sitter.Node) -> Node:
        start, end = node.start_byte, node.end_byte
        parts = [self.statement(child) for child in _without_comments(node)]
        if parts and isinstance(parts[0], Negation):
            # The sign negates the whole pipeline; the grammar binds it to the first part.
            parts[0] = parts[0].body
            return Negation(Pipeline(tuple(parts), start, end), start, end)
        if not any(isinstance(part, (AndOr, Pipeline)) for part in parts):
            return Pipeline(tuple(parts), start, end)
        # The grammar takes `a | b | c && d` for `a | (b | c && d)`.
        read = parts[0]
        for part in parts[1:]:
            read = _piped(read, part)
        return read

    def _redirected(self, node: tree_sitter.Node) -> Node:
        redirects: list[Redirect] = []
        heredocs: list[tree_sitter.Node] = []
        for child in node.named_children:
            if child.type.endswith("redirect"):
                redirects.append(self._redirect(child))
            if child.type == "heredoc_redirect":
                heredocs.append(child)
                redirects += (self._redirect(c) for c in child.named_children if c.type.endswith("redirect"))
        body = node.child_by_field_name("body")
        if body is None:
            read: Node = Command((), node.start_byte, node.end_byte, tuple(redirects))
        else:
            read = _with_redirects(self.statement(body), tuple(redirects))
        for heredoc in heredocs:
            read = self._continued(read, heredoc)
        return read

    def _continued(self, read: Node, heredoc: tree_sitter.Node) -> Node:
        """With what follows on the line of a here-document; the grammar hangs it under the redirection."""
        operator = ""
        for child in heredoc.children:
            if child.type in ("&&", "||"):
                operator = child.type
            elif child.type == "pipeline":
                for part in child.named_children:
                    read = _piped(read, self.statement(part))
            elif operator and child.is_named and not child.type.startswith("heredoc"):
                read = AndOr(read, operator, self.statement(child), read.start, child.end_byte)
                operator = ""
        return read

    def _redirect(self, node: tree_sitter.Node) -> Redirect:
        written = next((child for child in node.children if not child.is_named), None)
        operator = written.type if written else ""
        document = self.documents.get(written.start_byte) if written else None
        if document is not None:
            return Redirect(document.operator, self._document(document))
        if node.type == "heredoc_redirect":
            return Redirect(operator, self._heredoc(node, operator))
        target = node.child_by_field_name("destination")
        if node.type == "herestring_redirect" and node.named_children:
            target = node.named_children[-1]
        descriptor = node.child_by_field_name("descriptor")
        number = self.text[descriptor.start_byte : descriptor.end_byte] if descriptor else ""
        return Redirect(
            operator,
            self._target(target) if target else None,
            int(number) if number.isdecimal() else None,
        )

    def _target(self, node: tree_sitter.Node) -> Word:
        """The grammar ends an unquoted target before a backtick: `> all-` of ``> all-`date`.sql``."""
        word = self._word(node)
        rest = _GLUED.match(self.text, word.end)
        if rest is None:
            return word
        return replace(word, text=word.text + rest[0], end=rest.end(), constant=False)

    def _heredoc(self, node: tree_sitter.Node, operator: str) -> Word | None:
        parts = {child.type: child for child in node.named_children}
        body, delimiter = parts.get("heredoc_body"), parts.get("heredoc_start")
        if body is None or delimiter is None:
            return None
        literal = not self.text[delimiter.start_byte : delimiter.end_byte].isidentifier()
        given = HereDocument(operator, body.start_byte, body.end_byte, literal)
        inside = () if literal else tuple(self._substitutions(body))
        return self._given(given, constant=literal or not _has_expansion(body), inside=inside)

    def _document(self, document: HereDocument) -> Word:
        text = self.text[document.start : document.end]
        return self._given(document, constant=document.literal or _EXPANDS.search(text) is None)

    def _given(self, document: HereDocument, *, constant: bool, inside: tuple[Node, ...] = ()) -> Word:
        """The text of a here-document, without the tabs that `<<-` takes away."""
        text = self.text[document.start : document.end]
        if document.operator == "<<-":
            text = re.sub(r"^\t+", "", text, flags=re.MULTILINE)
        return Word(text, document.start, document.end, constant, inside=inside)

    def _function(self, node: tree_sitter.Node) -> Node:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            inner = (self.statement(c) for c in node.named_children if c.type != "comment")
            return Other(node.type, tuple(inner), node.start_byte, node.end_byte)
        return Function(
            self.text[name.start_byte : name.end_byte], self.statement(body), node.start_byte, node.end_byte
        )

    def _loop(self, node: tree_sitter.Node) -> Loop:
        variable = node.child_by_field_name("variable")
        body: Node = Sequence((), (), node.end_byte, node.end_byte)
        condition: list[Node] = []
        words: list[Word] = []
        for child in node.named_children:
            if child.type in ("do_group", "compound_statement"):
                body = self.sequence(child)
            elif child.type == "comment" or (
                variable is not None and child.start_byte == variable.start_byte
            ):
                continue
            elif node.type == "while_statement":
                condition.append(self.statement(child))
            elif node.type == "for_statement":
                words.append(self._word(child))
        kind = node.children[0].type
        return Loop(
            kind,
            _sequence(condition, node.start_byte, node.end_byte) if condition else None,
            self.text[variable.start_byte : variable.end_byte] if variable else "",
            tuple(words),
            body,
            node.start_byte,
            node.end_byte,
        )

    def _case(self, node: tree_sitter.Node) -> Case:
        word = node.child_by_field_name("value")
        branches: list[Node] = []
        for item in node.named_children:
            if item.type == "case_item":
                closed = next((c.end_byte for c in item.children if c.type == ")"), item.start_byte)
                inside = [
                    self.statement(c)
                    for c in item.named_children
                    if c.start_byte >= closed and c.type != "comment"
                ]
                branches.append(_sequence(inside, item.start_byte, item.end_byte))
        return Case(self._word(word) if word else None, tuple(branches), node.start_byte, node.end_byte)

    def _substitutions(self, node: tree_sitter.Node) -> Iterator[Node]:
        """The code in the command substitutions of a word."""
        for child in node.named_children:
            if child.type in ("command_substitution", "process_substitution"):
                yield self.sequence(child)
            elif child.named_child_count:
                yield from self._substitutions(child)

    def _if(self, node: tree_sitter.Node) -> If:
        start, end = node.start_byte, node.end_byte
        condition: list[Node] = []
        body: list[Node] = []
        otherwise: Node | None = None
        into = condition
        branches: list[tree_sitter.Node] = []
        for child in node.children:
            if child.type == "then":
                into = body
            elif child.type in ("elif_clause", "else_clause"):
                branches.append(child)
            elif child.is_named and child.type != "comment":
                into.append(self.statement(child))
        for branch in reversed(branches):
            if branch.type == "else_clause":
                otherwise = self.sequence(branch)
            else:
                otherwise = replace(self._if(branch), otherwise=otherwise)
        return If(_sequence(condition, start, end), _sequence(body, start, end), otherwise, start, end)

    def _word(self, node: tree_sitter.Node) -> Word:
        if node.type == "command_name" and node.named_child_count == 1:
            node = node.named_children[0]
        raw = self.text[node.start_byte : node.end_byte]
        text, constant = self._value(node)
        quoted = node.type in ("string", "raw_string", "ansi_c_string")
        inside: tuple[Node, ...] = ()
        if not constant:
            own = node.type in ("command_substitution", "process_substitution")
            inside = (self.sequence(node),) if own else tuple(self._substitutions(node))
        return Word(text, node.start_byte, node.end_byte, constant, quoted and raw != text, inside)

    def _value(self, node: tree_sitter.Node) -> tuple[str, bool]:
        """What a word stands for, and whether that is all that can be said of it."""
        raw = self.text[node.start_byte : node.end_byte]
        match node.type:
            case "raw_string":
                return raw[1:-1], True
            case "string":
                inner = raw[1:-1]
                constant = not any(child.type in _EXPANSIONS for child in node.named_children)
                return (_DOUBLE_QUOTE_ESCAPE.sub(r"\1", inner) if constant else inner), constant
            case "concatenation":
                parts = [self._value(child) for child in node.named_children]
                return "".join(text for text, _ in parts), all(constant for _, constant in parts)
            case kind if kind in _EXPANSIONS or kind in ("ansi_c_string", "translated_string"):
                return raw, False
            case "variable_assignment":
                return raw, not any(_has_expansion(child) for child in node.named_children)
            case _:
                return _ESCAPE.sub(r"\1", raw), not _has_expansion(node)


def _has_expansion(node: tree_sitter.Node) -> bool:
    return node.type in _EXPANSIONS or any(_has_expansion(child) for child in node.named_children)


def _sequence(items: list[Node], start: int, end: int) -> Node:
    if len(items) == 1:
        return items[0]
    return Sequence(tuple(items), (";",) * len(items), start, end)


def _piped(left: Node, right: Node) -> Node:
    """`left | right`. What follows behind `&&` in `right` belongs behind the whole pipeline."""
    if isinstance(right, AndOr):
        return replace(right, left=_piped(left, right.left), start=left.start)
    if isinstance(left, AndOr):
        return replace(left, right=_piped(left.right, right), end=right.end)
    parts = left.parts if isinstance(left, Pipeline) else (left,)
    behind = right.parts if isinstance(right, Pipeline) else (right,)
    return Pipeline((*parts, *behind), left.start, right.end)


def _with_redirects(node: Node, redirects: tuple[Redirect, ...]) -> Node:
    """Hangs redirections on the command that they belong to: the grammar may put them around a whole list."""
    match node:
        case Command() | Group():
            return replace(node, redirects=node.redirects + redirects)
        case AndOr():
            return replace(node, right=_with_redirects(node.right, redirects))
        case Pipeline(parts=(*first, last)):
            return replace(node, parts=(*first, _with_redirects(last, redirects)))
        case Negation():
            return replace(node, body=_with_redirects(node.body, redirects))
        case Sequence(items=(only,)):
            return replace(node, items=(_with_redirects(only, redirects),))
        case _:
            return Group(node, node.start, node.end, redirects)

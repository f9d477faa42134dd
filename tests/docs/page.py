"""Reads a page: its blocks in order, what is to be done with each, and what the page expects."""

from __future__ import annotations

import operator
import re
from bisect import bisect
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sybil import Document, Lexeme, Region
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, RawFencedCodeBlockLexer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
DEFAULT_TIMEOUT = 120

COMPARE = {">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt}
DIRECTIVE = re.compile(
    r"""\s*(?: exit=(?P<exit>\d+)
             | timeout=(?P<timeout>\d+)
             | if\s+pg\s*(?P<compare>>=|<=|==|<|>)\s*(?P<major>\d+)
             | on\s+(?P<second_host>second-host)
             | skip\s+"(?P<skip>[^"]+)"
             | nothing-to-run\s+"(?P<nothing>[^"]+)"
           )\s*(?:;|$)""",
    re.VERBOSE,
)
RUN_COMMENT = re.compile(r"<!--+\s*run:")
PAGE_COMMENT = re.compile(r"^<!--+\s*page:\s*(?P<arguments>.*?)\s*--+>[ \t]*$", re.MULTILINE)
HEADING = re.compile(r"^#{1,2}\s+(?P<title>.+?)\s*#*$", re.MULTILINE)
ATTRIBUTE = re.compile(r"""(?P<name>[\w-]+)=(?P<quote>["'])(?P<value>.*?)(?P=quote)""")
RULE_TITLE = re.compile(r"# \S+ \((?P<code>PGS\d{3})\)\n")
FIXTURE_SECTIONS = ("Bad", "Good")
CONFIGURATION = (
    "postgresql.conf",
    "postgresql.auto.conf",
    "pg_hba.conf",
    "recovery.signal",
    "standby.signal",
    "pgbackrest.conf",
    "barman.conf",
)
# A reader takes these for commands, so a page that writes them would show commands that nobody ran.
NOT_BASH = ("console", "sh", "shell", "shell-session", "zsh")


class PageError(Exception):
    """A page that can't be read as one: names the page, the line and what is wrong there."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")


class Kind(Enum):
    """What is done with a block."""

    BASH = "bash"
    SQL = "sql"
    CONFIGURATION = "configuration"
    SCRIPT = "script"
    OUTPUT = "output"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Condition:
    """`if pg>=17`."""

    compare: str
    major: int

    def holds(self, major: int) -> bool:
        return bool(COMPARE[self.compare](major, self.major))

    def __str__(self) -> str:
        return f"if pg{self.compare}{self.major}"


@dataclass(frozen=True, slots=True)
class Directives:
    """What the comments before a block say about it."""

    exit: int = 0
    timeout: int = DEFAULT_TIMEOUT
    conditions: tuple[Condition, ...] = ()
    on_second_host: bool = False
    skip: str | None = None
    nothing_to_run: str | None = None

    def why_not(self, major: int) -> str | None:
        """Return the reason why the block isn't run on this major, None when it is."""
        if self.skip is not None:
            return self.skip
        return next((str(condition) for condition in self.conditions if not condition.holds(major)), None)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `line` is that of its opening fence, `start` and `end` are offsets of its content."""

    line: int
    kind: Kind
    language: str
    title: str | None
    source: str
    directives: Directives
    section: str
    start: int
    end: int
    indent: str
    outputs: list[Block] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether this is something to execute, as opposed to something to compare or to show."""
        return self.kind not in (Kind.OUTPUT, Kind.SHOWN)

    def expected(self, major: int) -> Block | None:
        """Return the recorded output that holds for this major, None when the page records none."""
        return next((output for output in self.outputs if output.directives.why_not(major) is None), None)


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its blocks; `name` is its path inside the checkout."""

    path: Path
    name: str
    text: str
    blocks: tuple[Block, ...]
    directives: Directives

    @property
    def rule(self) -> str | None:
        """Return the code of the rule whose page this is, None for any other page."""
        match = RULE_TITLE.match(self.text) if "pgsurvive/rules/" in self.path.as_posix() else None
        return match["code"] if match else None

    @property
    def needs_second_host(self) -> bool:
        """Whether any of its blocks runs on a second host."""
        return any(block.directives.on_second_host for block in self.blocks)

    @property
    def needs_small_disk(self) -> bool:
        """Whether any of its blocks names the disk that is soon full."""
        return any("SMALL_DISK" in block.source for block in self.blocks if block.runs)

    @classmethod
    def read(cls, path: Path, root: Path = ROOT) -> Page:
        """Read the page at `path`; raises PageError for a page that the runner can't follow."""
        path = path.resolve()
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
        is_rule = "pgsurvive/rules/" in path.as_posix()
        parser = _Parser(name, is_rule=is_rule)
        document = Document.parse(str(path), parser)
        blocks = tuple(example.parsed for example in document)
        return cls(path, name, document.text, blocks, parser.page_directives)


def find_pages(root: Path = ROOT) -> list[Path]:
    """List the pages that are executed; most of the site's own pages only include these."""
    patterns = (
        "docs/incidents/*.md",
        "docs/setup/*.md",
        "linter/pgsurvive/rules/*/*.md",
        "skills/postgresql-backup-recovery/**/*.md",
        "examples/**/README.md",
    )
    return sorted(path for pattern in patterns for path in root.glob(pattern))


class _Fences(RawFencedCodeBlockLexer):
    """Sybil's fences, with the content as it stands: Sybil itself removes indentation that output needs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page

    def make_region(
        self, opening: re.Match[str], document: Document, closing: re.Match[str] | None
    ) -> Region | None:
        if closing is None:
            line = document.text.count("\n", 0, opening.start()) + 1
            raise PageError(self.page, line, "this fence is never closed")
        prefix = opening.group("prefix")
        start, end = opening.end() + 1, closing.start()
        quoted = ">" in prefix
        lines = [
            line[len(prefix) :] if quoted else _outdent(line, len(prefix))
            for line in document.text[start:end].splitlines(keepends=True)
        ]
        lexemes = {
            "info": opening.group("trailing").strip(),
            "indent": prefix if quoted else " " * len(prefix),
            "source": Lexeme("".join(lines), start - opening.start(), 0),
            "content": (start, max(start, end)),
        }
        return Region(opening.start(), closing.end(), lexemes=lexemes)


def _outdent(line: str, width: int) -> str:
    blank = len(line) - len(line.lstrip(" \t"))
    return line[min(width, blank) :] if line.strip() else "\n"


class _Parser:
    """A Sybil parser: yields a region for each block of a page, with a Block as what was parsed."""

    def __init__(self, page: str, *, is_rule: bool) -> None:
        self.page = page
        self.is_rule = is_rule
        self.page_directives = Directives()

    def __call__(self, document: Document) -> Iterator[Region]:
        text = document.text
        fences = _outermost(_Fences(self.page)(document))
        comments = [
            region
            for region in DirectiveInHTMLCommentLexer("run(?=:)")(document)
            if not _inside(fences, region.start)
        ]
        starts = {_line(document, comment.start) for comment in comments}
        for match in RUN_COMMENT.finditer(text):
            line = _line(document, match.start())
            if not _inside(fences, match.start()) and line not in starts:
                raise PageError(self.page, line, "a run comment stands at the start of a line of its own")
        headings = [match for match in HEADING.finditer(text) if not _inside(fences, match.start())]
        for match in PAGE_COMMENT.finditer(text):
            if not _inside(fences, match.start()):
                self.page_directives = self._directives(document, [(match.start(), match["arguments"])])
        if self.is_rule and self.page_directives.nothing_to_run is not None:
            raise PageError(self.page, 1, "a rule's page proves what it says: nothing-to-run is not for it")

        previous_end = 0
        ran: Block | None = None
        for region in fences:
            before = [comment for comment in comments if previous_end <= comment.start < region.start]
            self._check_adjacent(document, before, region.start)
            section = next((m["title"] for m in reversed(headings) if m.start() < region.start), "")
            block = self._block(document, region, before, section)
            if block.kind is Kind.OUTPUT:
                if ran is None or ran.kind not in (Kind.BASH, Kind.SQL):
                    raise PageError(self.page, block.line, "this output follows no bash or sql block")
                ran.outputs.append(block)
            else:
                ran = block if block.runs else None
            region.parsed = block
            previous_end = region.end
            yield region
        self._check_adjacent(document, [c for c in comments if c.start >= previous_end], len(text))

    def _check_adjacent(self, document: Document, comments: list[Region], block_start: int) -> None:
        following = [*(comment.start for comment in comments[1:]), block_start]
        for comment, stop in zip(comments, following, strict=False):
            between = document.text[comment.end : stop]
            if between.strip().lstrip("-") != ">" or stop == len(document.text):
                line = _line(document, comment.start)
                raise PageError(self.page, line, "this comment must stand alone, directly before a block")

    def _block(self, document: Document, region: Region, comments: list[Region], section: str) -> Block:
        line = _line(document, region.start)
        info: str = region.lexemes["info"]
        language = re.split(r"[\s{]", info, maxsplit=1)[0].lower()
        attributes = {match["name"]: match["value"] for match in ATTRIBUTE.finditer(info)}
        title = attributes.get("title")
        directives = self._directives(document, [(c.start, c.lexemes["arguments"]) for c in comments])
        if directives.nothing_to_run is not None:
            raise PageError(
                self.page, line, "nothing-to-run is said of a page: <!-- page: nothing-to-run ... -->"
            )
        is_fixture = self.is_rule and section in FIXTURE_SECTIONS
        kind = Kind.SHOWN if is_fixture else _kind(language, title)
        if language in NOT_BASH and not is_fixture:
            raise PageError(self.page, line, f"write bash instead of {language}, so that the block is run")
        if kind is Kind.SHOWN and comments:
            raise PageError(
                self.page, line, f"this {language or 'plain'} block is shown, there is nothing to run"
            )
        source = str(region.lexemes["source"])
        if kind is Kind.BASH and re.match(r"[$#] ", source):
            raise PageError(self.page, line + 1, "no prompts: what is shown must be ready to paste")
        start, end = region.lexemes["content"]
        return Block(
            line, kind, language, title, source, directives, section, start, end, region.lexemes["indent"]
        )

    def _directives(self, document: Document, comments: Iterable[tuple[int, str]]) -> Directives:
        found: dict[str, str] = {}
        conditions = []
        for start, arguments in comments:
            position = 0
            while position < len(arguments) or not arguments:
                match = DIRECTIVE.match(arguments, position)
                if match is None:
                    raise PageError(
                        self.page,
                        _line(document, start),
                        f"not a directive: {arguments[position:].strip()!r}",
                    )
                if match["compare"]:
                    conditions.append(Condition(match["compare"], int(match["major"])))
                found.update({name: value for name, value in match.groupdict().items() if value is not None})
                position = match.end()
        return Directives(
            exit=int(found.get("exit", 0)),
            timeout=int(found.get("timeout", DEFAULT_TIMEOUT)),
            conditions=tuple(conditions),
            on_second_host="second_host" in found,
            skip=found.get("skip"),
            nothing_to_run=found.get("nothing"),
        )


def _kind(language: str, title: str | None) -> Kind:
    name = PurePosixPath(title).name if title else ""
    if language == "text" and title == "Output":
        return Kind.OUTPUT
    if name.endswith(".sh"):
        return Kind.SCRIPT
    if language == "bash":
        return Kind.BASH
    if language == "sql":
        return Kind.SQL
    if name in CONFIGURATION or (title and "conf.d/" in title and name.endswith(".conf")):
        return Kind.CONFIGURATION
    return Kind.SHOWN


def _outermost(regions: Iterable[Region]) -> list[Region]:
    """Drop the fences that stand inside a longer fence: they are that block's text."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda region: (region.start, -region.end)):
        if not kept or region.start >= kept[-1].end:
            kept.append(region)
    return kept


def _inside(regions: list[Region], position: int) -> bool:
    index = bisect([region.start for region in regions], position) - 1
    return index >= 0 and position < regions[index].end


def _line(document: Document, position: int) -> int:
    return document.text.count("\n", 0, position) + 1

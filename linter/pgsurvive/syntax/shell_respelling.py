"""Spells what tree-sitter-bash can't read, but bash can, in another way of the same length.

Its grammar stumbles over a here-document with anything but a lone pipe behind it (`psql <<EOF 2>&1 | tee log`), over
`${@:$OPTIND:1}`, `10#$n` and `done }`. In the respelled text every character that stays is where it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_SLICE = re.compile(r"\$\{[@*]:[^{}\n]*\}")
_BASE = re.compile(r"(?<![\w$])\d+#(?=[\w$])")
_CLOSES = re.compile(r"(?<![\w$-])((?:done|fi|esac)|\))[ \t](?=[ \t]*\})")
_OPERATOR = re.compile(r"<<(?P<tabs>-?)[ \t]*(?P<word>'[^'\n]+'|\"[^\"\n]+\"|\\?[A-Za-z_][\w.-]*)")
_NEXT = re.compile(r"[\\'\"#<()\n]|\$['(]")


class HereDocument(NamedTuple):
    """The text that a here-document gives: where it stands, and whether the shell expands what is in it."""

    operator: str
    start: int
    end: int
    literal: bool


@dataclass(frozen=True, slots=True)
class Respelled:
    """The text that can be read, and the here-documents that are written as `<` there, by the place of their operator."""

    text: str
    documents: dict[int, HereDocument]


def respelled(text: str) -> Respelled:
    """Returns the text as the grammar may be able to read it; as long as it was."""
    text, documents = _without_documents(text)
    text = _SLICE.sub(lambda match: "${" + "x" * (len(match[0]) - 3) + "}", text)
    text = _BASE.sub(lambda match: " " * len(match[0]), text)
    return Respelled(_CLOSES.sub(r"\1;", text), documents)


def _without_documents(text: str) -> tuple[str, dict[int, HereDocument]]:
    """The text with each here-document blanked out, and its operator made that of a file of the same length."""
    scan = _Scan(text)
    scan.run()
    return "".join(scan.written), scan.documents


class _Scan:
    """One pass over the text, that knows what is quoted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.written = list(text)
        self.documents: dict[int, HereDocument] = {}
        self.pending: list[re.Match[str]] = []
        """The operators of this line, whose texts begin on the next."""

        self.inside = ["("]
        """What is open: a double quote, or code in brackets."""

    def run(self) -> None:
        """Go from one character that means something to the next."""
        position = 0
        while match := _NEXT.search(self.text, position):
            found, position = match[0], match.end()
            if found == "\\":
                position += 1
            elif self.inside[-1] == '"' and found not in ('"', "$("):
                continue
            elif found in ('"', "(", "$(", ")"):
                self._nest(found[-1])
            elif found in ("'", "$'"):
                position = self._closed(position, escapes=found == "$'")
            elif found == "\n":
                position = self._take(position)
            else:
                position = self._other(match.start())

    def _nest(self, sign: str) -> None:
        if sign == "(" or (sign == '"' and self.inside[-1] != '"'):
            self.inside.append(sign)
        elif len(self.inside) > 1:
            self.inside.pop()

    def _closed(self, position: int, *, escapes: bool) -> int:
        """Where a text in single quotes ends."""
        while position < len(self.text) and self.text[position] != "'":
            position += 2 if escapes and self.text[position] == "\\" else 1
        return position + 1

    def _other(self, position: int) -> int:
        """A comment, or a redirection of the input."""
        if self.text[position] == "#":
            begins_word = position == 0 or self.text[position - 1] in " \t\n;&|("
            end = self.text.find("\n", position) if begins_word else position + 1
            return len(self.text) if end < 0 else end
        if self.text.startswith("<<<", position):
            return position + 3
        operator = _OPERATOR.match(self.text, position)
        if operator is None:
            return position + 1
        self.pending.append(operator)
        return operator.end()

    def _take(self, begin: int) -> int:
        """Blank out the here-documents that begin here, and return where the code goes on."""
        for operator in self.pending:
            word, tabs = operator["word"], operator["tabs"]
            name = re.escape(word.strip("'\"").lstrip("\\"))
            indent = "\t*" if tabs else ""
            last = re.compile(rf"^{indent}{name}$", re.MULTILINE).search(self.text, begin)
            if last is None:
                continue  # a shift in arithmetic, or a text that bash would complain about too
            self.documents[operator.start()] = HereDocument(
                f"<<{tabs}", begin, last.start(), literal=not word.isidentifier()
            )
            self.written[operator.start() : operator.end()] = "<" + "x" * (len(operator[0]) - 1)
            self.written[begin : last.end()] = re.sub(r"[^\n]", " ", self.text[begin : last.end()])
            begin = min(last.end() + 1, len(self.text))
        self.pending.clear()
        return begin

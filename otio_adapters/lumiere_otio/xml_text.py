"""XML whose every element knows its place in the file, so that a little can be put in and all else stay to the byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from lumiere_engine.protocol.errors import TimelineError

_DEEPEST = 200
_TAG = re.compile(rb"""[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*>""")
_ENCODINGS = (None, "utf-8", "us-ascii", "ascii")


@dataclass
class Element:
    """An element of a file.

    Attributes:
        tag, attributes: as written.
        start, opened: bytes at which its opening tag begins and has ended.
        closing, end: bytes at which its closing tag begins and has ended; all of one that closes itself is
            its opening tag.
        text: what stands in it before and between its children.
        children: elements in it.
    """

    tag: str
    attributes: dict[str, str]
    start: int
    opened: int
    closing: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)

    def child(self, *path: str) -> Element | None:
        """The first child of that tag, its first child of the next tag, and so on; None if there is none."""
        here: Element | None = self
        for tag in path:
            here = next((one for one in here.children if one.tag == tag), None) if here else None
        return here

    def value(self, *path: str) -> str:
        """The text of such a child, without blanks around it; "" if there is none."""
        found = self.child(*path)
        return found.text.strip() if found else ""

    def all(self, tag: str) -> Iterator[Element]:
        """Every element of that tag in it, in the order of the file."""
        for child in self.children:
            if child.tag == tag:
                yield child
            yield from child.all(tag)


@dataclass(frozen=True)
class Edit:
    """Bytes that take the place of those from `start` up to `end`."""

    start: int
    end: int
    text: str


def parse_xml(data: bytes) -> Element:
    """The root of a file.

    Raises:
        TimelineError: no well-formed XML, one that declares entities or lies deeper than 200 elements, or one
            in another encoding than UTF-8.
    """
    parser = expat.ParserCreate()
    stack: list[Element] = []
    roots: list[Element] = []

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding.lower() if encoding else None) not in _ENCODINGS:
            raise TimelineError(f"its XML is in {encoding}, not in UTF-8", remedy="export it again")

    def entity(name: str, *_: object) -> None:
        raise TimelineError(f"its XML declares the entity '{name}', which no timeline needs")

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) >= _DEEPEST:
            raise TimelineError("its XML is nested too deeply")
        start = parser.CurrentByteIndex
        element = Element(tag, attributes, start, _end_of_tag(data, start))
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def finish(_tag: str) -> None:
        element = stack.pop()
        if data[element.opened - 2 : element.opened] == b"/>":
            element.closing = element.end = element.opened
        else:
            element.closing = parser.CurrentByteIndex
            element.end = data.index(b">", element.closing) + 1

    def characters(text: str) -> None:
        stack[-1].text += text

    parser.XmlDeclHandler, parser.EntityDeclHandler = declaration, entity
    parser.StartElementHandler, parser.EndElementHandler = begin, finish
    parser.CharacterDataHandler = characters
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise TimelineError(f"broken XML in line {error.lineno}: {expat.ErrorString(error.code)}") from None
    return roots[0]


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """The file with its edits, which must not overlap."""
    parts: list[bytes] = []
    done = 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        parts += [data[done : edit.start], edit.text.encode("utf-8")]
        done = edit.end
    return b"".join([*parts, data[done:]])


def inserted(data: bytes, parent: Element, at: int | None, text: str) -> Edit:
    """An edit that puts elements into another.

    Args:
        data: the file.
        parent: where they go.
        at: the number of the child that they go before; None for after the last.
        text: the elements, in one or several lines without indentation.
    """
    indent = _indent_of(data, parent)
    block = "".join(f"\n{indent}    {line}" for line in text.splitlines())
    if parent.opened == parent.end:  # it closes itself
        slash = data.rindex(b"/", parent.start, parent.opened)
        return Edit(slash, parent.opened, f">{block}\n{indent}</{parent.tag}>")
    if not parent.children:
        return Edit(parent.opened, parent.closing, f"{block}\n{indent}")
    where = parent.opened if at == 0 else parent.children[-1 if at is None else at - 1].end
    return Edit(where, where, block)


def with_attribute(data: bytes, element: Element, name: str, value: str) -> Edit:
    """An edit that sets an attribute which the element has.

    Raises:
        KeyError: it has not.
    """
    raw = data[element.start : element.opened]
    for quote in ('"', "'"):
        for blank in (b" ", b"\t", b"\n"):
            written = blank + f"{name}={quote}".encode()
            at = raw.find(written)
            if at >= 0:
                begin = element.start + at + len(written)
                return Edit(begin, data.index(quote.encode(), begin), value)
    raise KeyError(name)


def tag(name: str, /, **attributes: object) -> str:
    """An opening tag without its closing bracket; attributes that are None are left out."""
    given = "".join(
        f" {key}={quoteattr(str(value))}" for key, value in attributes.items() if value is not None
    )
    return f"<{name}{given}"


def _end_of_tag(data: bytes, start: int) -> int:
    """The byte after an opening tag; a bracket within quotes does not end it."""
    found = _TAG.match(data, start)
    if found is None:
        raise TimelineError("broken XML: a tag does not end")
    return found.end()


def _indent_of(data: bytes, element: Element) -> str:
    line = data[data.rfind(b"\n", 0, element.start) + 1 : element.start]
    return line.decode("ascii") if not line.strip() else ""

"""Reading XML that somebody else made: guarded, streaming, with lines.

A document type declaration is refused before any XML is parsed, in every encoding that is accepted; entities
are never resolved and nothing is fetched.  Depth, single pieces (a text, an attribute, a comment) and what
is held at one time are bounded: whoever reads a long file lets go of what has been read (`let_go`).
What the elements mean is left to the readers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal

from crf_app.errors import ExchangeRefused, LimitExceeded, NotFound

Odm = Literal["1.3.2", "2.0"]
NAMESPACES: Final[dict[Odm, str]] = {
    "1.3.2": "http://www.cdisc.org/ns/odm/v1.3",
    "2.0": "http://www.cdisc.org/ns/odm/v2.0",
}
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
#: what the document must say of itself within its first bytes: XML declaration, comments, root element
_PROLOG: Final = 64 << 10
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
#: encodings in which "<" is never part of another character
_ENCODINGS: Final = ("utf-8", "us-ascii", "iso-8859-1", "windows-1252", "gb18030", "gbk", "gb2312")
_DECLARED: Final = re.compile(r"""<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']""")
#: a tag that no element has
_NOTHING: Final = "{-}none"
_SKIPPED: Final = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be held at one time: tags (elements have one or two), bytes, and bytes of a single piece."""

    tags: int = 1_000_000
    size: int = 96 << 20
    piece: int = 4 << 20


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What an ODM file says of itself.  `version` is as written there ("1.3.1"), `odm` how it is read."""

    odm: Odm
    version: str
    file_type: str
    file_oid: str
    granularity: str = ""
    created: str = ""
    prior_file_oid: str = ""
    source_system: str = ""


class XmlStream:
    """An open file: its elements as they end, in the order of the file."""

    def __init__(self, path: Path, stream: IO[bytes], encoding: str, limits: Limits) -> None:
        self.path = path
        self._guard = _Guard(path, stream, limits)
        self._encoding = encoding
        self.root: Any = None

    def events(self, *tags: str, events: Sequence[str] = ("end",)) -> Iterator[tuple[str, Any]]:
        """(event, element) of elements with these tags ("{*}SubjectData": in any namespace).

        When it ends, `root` is the whole tree but for what was let go.  Comments and processing instructions
        are left out.  Raises ExchangeRefused for what is not well-formed, LimitExceeded for what is too much.
        """
        from lxml import etree

        found = etree.iterparse(
            self._guard,
            events=tuple(events),
            tag=tags or None,
            encoding=self._encoding,
            remove_comments=True,
            remove_pis=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            recover=False,
        )
        try:
            yield from found
        except etree.XMLSyntaxError as error:
            raise _not_xml(self.path, error) from error
        self.root = found.root

    def whole(self, *let_go: str) -> Any:
        """The root with everything below it, but for elements with the tags `let_go`."""
        for _, element in self.events(*(let_go or (_NOTHING,))):
            self.let_go(element)
        return self.root

    def let_go(self, element: Any) -> None:
        """Forget an element that has been read, and those like it before it: what is held starts anew."""
        element.clear()
        before = element.getprevious()
        while before is not None and before.tag == element.tag:
            element.getparent().remove(before)
            before = element.getprevious()
        self._guard.start_anew()


class _Guard:
    """A file that refuses to be read on when too much would be held."""

    def __init__(self, path: Path, stream: IO[bytes], limits: Limits) -> None:
        self._path, self._stream, self._limits = path, stream, limits
        self._tags = self._size = self._piece = 0

    def start_anew(self) -> None:
        self._tags = self._size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        last = data.rfind(b"<")
        self._tags += data.count(b"<")
        self._size += len(data)
        self._piece = self._piece + len(data) if last < 0 else len(data) - last
        limits = self._limits
        if self._tags > limits.tags or self._size > limits.size or self._piece > limits.piece:
            raise too_much(self._path.name)
        return data


@contextmanager
def open_xml(path: Path, limits: Limits | None = None) -> Iterator[XmlStream]:
    """The file, ready to be read.

    Raises NotFound without the file, ExchangeRefused for a document type declaration, another encoding,
    an empty file and what is no XML.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise NotFound(
            f"The file {path.name} cannot be read: {error.strerror}. Choose another file.",
            f"无法读取文件 {path.name}。请选择其他文件。",
            where=path.name,
        ) from error
    with stream:
        encoding = _checked_prolog(path, stream.read(_PROLOG))
        stream.seek(0)
        yield XmlStream(path, stream, encoding, limits or Limits())


def root_facts(path: Path) -> RootFacts:
    """What the file's root says; reads no further.  Raises as `open_xml`, and ExchangeRefused if not ODM."""
    with open_xml(path) as xml:
        for _, element in xml.events(events=("start",)):
            return facts_of(path, element)
    raise refused(path, 1, "The file is empty.", "文件为空。")


def facts_of(path: Path, root: Any) -> RootFacts:
    """RootFacts of a root element.  Raises ExchangeRefused if it is not ODM 1.3 or 2.0."""
    namespace, _, name = str(root.tag).rpartition("}")
    odm = next((one for one, uri in NAMESPACES.items() if namespace == f"{{{uri}"), None)
    if name != "ODM" or odm is None:
        raise refused(
            path,
            root.sourceline,
            f"The root element is {_short(root.tag)}; ODM 1.3 and ODM 2.0 are read.",
            f"根元素为 {_short(root.tag)}；可读取 ODM 1.3 与 ODM 2.0。",
        )
    get = root.attrib.get
    return RootFacts(
        odm=odm,
        version=get("ODMVersion", ""),
        file_type=get("FileType", ""),
        file_oid=get("FileOID", ""),
        granularity=get("Granularity", ""),
        created=get("CreationDateTime", ""),
        prior_file_oid=get("PriorFileOID", ""),
        source_system=get("SourceSystem", ""),
    )


def local(element: Any) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def place(path: Path, element: Any) -> str:
    """Where an element stands: `file.xml:120 ItemDef IT.AGE`."""
    oid = element.get("OID") or element.get("SubjectKey") or next(iter(element.attrib.values()), "")
    return f"{path.name}:{element.sourceline} {local(element)} {_short(oid)}".rstrip()


def refused(path: Path, line: int | None, en: str, zh: str) -> ExchangeRefused:
    """A refusal of the file; `en` and `zh` say what is so."""
    where = f"{path.name}:{line}" if line else path.name
    return ExchangeRefused(
        f"{where}: {en} Correct the file, or have it made anew.",
        f"{where}：{zh}请更正文件，或重新生成。",
        where=where,
    )


def broken(path: Path, element: Any, en: str, zh: str) -> ExchangeRefused:
    """A refusal of the file for an element that is wrong."""
    where = place(path, element)
    return ExchangeRefused(
        f"{where}: {en} Correct the file, or have it made anew.",
        f"{where}：{zh}请更正文件，或重新生成。",
        where=where,
    )


def too_much(name: str) -> LimitExceeded:
    return LimitExceeded(
        f"{name} is deeper, longer or holds more than is read. Have it made anew in smaller parts.",
        f"{name} 过深、过长或内容过多，无法读取。请分成较小的文件重新生成。",
        where=name,
    )


def _short(text: object, most: int = 60) -> str:
    words = str(text)
    return words if len(words) <= most else f"{words[:most]}…"


def _not_xml(path: Path, error: Any) -> ExchangeRefused | LimitExceeded:
    message = str(error)
    if any(word in message for word in ("Excessive depth", "XML_PARSE_HUGE", "huge", "too long", "Huge")):
        return too_much(path.name)
    line = (getattr(error, "position", None) or (0, 0))[0]
    return refused(path, line, "This is not well-formed XML.", "此处不是格式正确的 XML。")


def _checked_prolog(path: Path, head: bytes) -> str:
    """The encoding of a file whose beginning may be parsed."""
    if not head.strip(b"\x00\xff\xfe\xef\xbb\xbf \t\r\n"):
        raise refused(path, 1, "The file is empty.", "文件为空。")
    encoding, text = _decoded(path, head)
    at = 0
    while match := _SKIPPED.match(text, at):
        at = match.end()
    if text.startswith("<!", at):
        raise refused(path, text.count("\n", 0, at) + 1,
                      "A document type declaration (DOCTYPE) is not read.",
                      "不读取文档类型声明 (DOCTYPE)。")  # fmt: skip
    if not re.match(r"<[^\s!?<>/&]", text[at:]):
        raise refused(path, text.count("\n", 0, at) + 1,
                      "No XML element begins here.", "此处没有 XML 元素。")  # fmt: skip
    return encoding


def _decoded(path: Path, head: bytes) -> tuple[str, str]:
    """The encoding, and the beginning of the file as text."""
    by_mark = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    if by_mark is None and head[:2] in (b"<\x00", b"\x00<"):
        by_mark = "utf-16le" if head[0] else "utf-16be"
    if by_mark == "":
        raise _other_encoding(path, "UTF-32")
    text = head.decode(by_mark or "latin-1", "replace").removeprefix("\ufeff")
    declared = _DECLARED.match(text)
    name = declared[1].strip().lower() if declared else (by_mark or "utf-8")
    if by_mark is not None:
        if name not in (by_mark, by_mark.removesuffix("le").removesuffix("be")):
            raise _other_encoding(path, name)
        return by_mark, text
    name = {"utf8": "utf-8", "ascii": "us-ascii", "latin1": "iso-8859-1"}.get(name, name)
    if name not in _ENCODINGS:
        raise _other_encoding(path, name)
    return name, text


def _other_encoding(path: Path, name: str) -> ExchangeRefused:
    return refused(path, 1, f"The encoding {_short(name)!r} is not read; UTF-8 is.",
                   f"不读取编码 {_short(name)!r}；请使用 UTF-8。")  # fmt: skip

"""CDISC's own schemas decide whether a file is valid: the unmodified XSDs that lie in odmlib.

Nothing is fetched: the schemas include each other by relative paths.  Pieces of other namespaces, which the
schemas do not know, must be taken out by the caller (`without_vendor_pieces`).
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any, Final

from crf_app.errors import ExchangeRefused, StorageError
from crf_app.exchange.xml_in import NAMESPACES, Odm

_FILES: Final[dict[Odm, str]] = {"1.3.2": "odm/1.3.2/ODM1-3-2.xsd", "2.0": "odm/2.0/ODM.xsd"}
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"


def check(document: Any, odm: Odm) -> None:
    """Raises ExchangeRefused, naming line and element, if `document` is not valid.

    `document`: bytes, the path of a file, or an lxml tree or root element.
    """
    schema = _schema(odm)
    root, tree = _tree(document)
    if schema.validate(tree):
        return
    first = schema.error_log[0]
    where, what = f"{first.line} {_element(root, first)}", _plain(first.message)
    raise ExchangeRefused(
        f"This is not valid ODM {odm}: line {where}: {what}. Nothing is written. Correct it there.",
        f"这不是有效的 ODM {odm}：第 {where}：{what}。未写入任何内容。请更正该处的定义。",
        where=where,
        problems=[f"{one.line}: {_plain(one.message)}" for one in list(schema.error_log)[:20]],
    )


def without_vendor_pieces(root: Any, odm: Odm) -> Any:
    """A copy of `root` without elements and attributes of namespaces that CDISC's schema does not know."""
    from copy import deepcopy

    own = f"{{{NAMESPACES[odm]}}}"
    copy = deepcopy(root)
    for element in list(copy.iter("{*}*")):
        tag = str(element.tag)
        if not tag.startswith((own, f"{{{_SIGNATURE}}}")) and element.getparent() is not None:
            element.getparent().remove(element)
            continue
        for name in list(element.attrib):
            if str(name).startswith("{") and not str(name).startswith(f"{{{_XML}}}"):
                del element.attrib[name]
    return copy


def schema_folder() -> Path:
    """Where CDISC's schemas lie: in the package odmlib, of which the packed program has only these.

    Raises StorageError without them.
    """
    import importlib.util

    found = importlib.util.find_spec("odmlib")
    for place in found.submodule_search_locations or () if found is not None else ():
        if (Path(place) / "schemas").is_dir():
            return Path(place) / "schemas"
    raise StorageError(
        "CDISC's schemas (odmlib) are missing, so nothing can be validated. Install the program again.",
        "缺少 CDISC 的 schema（odmlib），无法校验。请重新安装本程序。",
    )


@cache
def _schema(odm: Odm) -> Any:
    from lxml import etree

    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(schema_folder() / _FILES[odm]), parser))


def _tree(document: Any) -> tuple[Any, Any]:
    from lxml import etree

    if isinstance(document, bytes | Path):
        source = io.BytesIO(document) if isinstance(document, bytes) else str(document)
        parser = etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=True)
        tree = etree.parse(source, parser)
        return tree.getroot(), tree
    root = document.getroot() if hasattr(document, "getroot") else document
    return root, document


def _element(root: Any, problem: Any) -> str:
    """`ItemDef IT.AGE`: the element that the schema's message is about, or the one around it with an OID."""
    found = root.getroottree().xpath(problem.path) if problem.path else []
    node = found[0] if found else None
    while node is not None and node.get("OID") is None and node.getparent() is not None:
        node = node.getparent()
    name = str(problem.path or "").rpartition("/")[2].partition("[")[0]
    name = name.rpartition(":")[2].replace("*", "")
    if node is None:
        return name
    own = str(node.tag).rpartition("}")[2]
    return " ".join(part for part in (own, node.get("OID", "")) if part)


def _plain(message: str) -> str:
    """The schema's message without namespaces."""
    for uri in (*NAMESPACES.values(), _SIGNATURE):
        message = message.replace(f"{{{uri}}}", "")
    return message.rstrip(". ")


class StreamCheck:
    """The schema over a file that goes by piece by piece; nothing of it is held.

    With a target of its own lxml reports what the schema says in its log only, so the log is read after every
    piece; that it does report is tried once for each process.
    """

    def __init__(self, odm: Odm) -> None:
        _prove(odm)
        self._parser = _stream_parser(odm)

    def feed(self, data: bytes) -> str | None:
        """What is wrong with the file so far, in the schema's words; None while it is valid."""
        from lxml import etree

        try:
            self._parser.feed(data)
        except etree.XMLSyntaxError as error:
            return _plain(str(error))
        return self._said()

    def close(self) -> str | None:
        """As `feed`, when the file has ended."""
        from lxml import etree

        try:
            self._parser.close()
        except etree.XMLSyntaxError as error:
            return _plain(str(error))
        return self._said()

    def _said(self) -> str | None:
        log = self._parser.feed_error_log
        return _plain(log[0].message) if len(log) else None


class _Nothing:
    """Builds no tree."""

    def close(self) -> None:
        return None


def _stream_parser(odm: Odm) -> Any:
    from lxml import etree

    target: Any = _Nothing()
    return etree.XMLParser(target=target, schema=_schema(odm), no_network=True, resolve_entities=False)


@cache
def _prove(odm: Odm) -> None:
    """Raises RuntimeError if a file that is not valid would go by unseen."""
    parser = _stream_parser(odm)
    parser.feed(f'<ODM xmlns="{NAMESPACES[odm]}" CreationDateTime="no time"/>'.encode())
    parser.close()
    if not len(parser.feed_error_log):
        raise RuntimeError("the schema is not asked while a file is written")

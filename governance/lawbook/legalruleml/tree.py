"""XML read safely into a small tree that knows its lines, and the striped shape of LegalRuleML. Pure.

LegalRuleML alternates nodes (capital letter) and edges (small letter). The compact serialization leaves out edges that say
nothing; `parts` passes over them where they are written, so that both serializations read alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import InputSource

from defusedxml import DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden  # type: ignore[import-untyped]
from defusedxml.expatreader import create_parser  # type: ignore[import-untyped]

from governance.lawbook.translation import MEND, Fault, check_size, refusal

LRML: Final = "http://docs.oasis-open.org/legalruleml/ns/"
RULEML: Final = "http://ruleml.org/spec"
MAX_DEPTH: Final = 100
MAX_NODES: Final = 200_000
_SPEAKING: Final = frozenset({"hasStatusDevelopment", "hasAlternative"})
_SILENT: Final = frozenset({"formula", "arg", "op", "strong", "weak", "torso", "left", "right"})


class LeftOut(Exception):
    """Something that cannot be said in rules; the message says why."""


@dataclass(slots=True)
class Node:
    """One element: its local name, its attributes by local name, its elements and its text."""

    tag: str
    attributes: dict[str, str]
    line: int
    is_foreign: bool
    children: list[Node] = field(default_factory=list)
    text: str = ""

    @property
    def key(self) -> str:
        """Its own key, without the mark of a prefix that is empty."""
        return bare(self.attributes.get("key") or self.attributes.get("refersTo") or "")

    @property
    def keyref(self) -> str:
        return bare(self.attributes.get("keyref", ""))

    @property
    def name(self) -> str:
        """What its IRI calls last, else its text."""
        return local(self.attributes.get("iri", "")) or " ".join(self.text.split())

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def of(self, *tags: str) -> list[Node]:
        """Its parts with one of these names."""
        return [part for part in parts(self) if part.tag in tags]


def bare(key: str) -> str:
    """A key as it is compared: `#ps1` and `:ps1` are ps1."""
    return key.strip().lstrip("#:")


def local(iri: str) -> str:
    """The last word of an IRI or CURIE."""
    return iri.strip().rstrip("#/").replace("#", "/").replace(":", "/").rpartition("/")[2]


def parts(node: Node) -> Iterator[Node]:
    """The elements of a node, past edges that say nothing."""
    for child in node.children:
        silent = child.tag in _SILENT or (child.tag.startswith("has") and child.tag not in _SPEAKING)
        if silent and not child.is_foreign:
            yield from parts(child)
        else:
            yield child


def read(content: bytes) -> Node:
    """The root element. Raises `BadLawFile` for what is no XML, no LegalRuleML, or dangerous."""
    check_size(content)
    handler = _Handler()
    parser = create_parser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    source = InputSource()
    source.setByteStream(BytesIO(content))
    try:
        parser.parse(source)
    except (DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden):
        raise refusal(
            [
                Fault(
                    "A document type, entities and references to other files are not read. Write them out.",
                    handler.line,
                )
            ]
        ) from None
    except SAXParseException as error:
        message = error.getMessage()
        raise refusal(
            [
                Fault(
                    f"This is no XML: {message}. {MEND}", error.getLineNumber() or 0, (error.getColumnNumber() or 0) + 1
                )
            ]
        ) from None
    except (SAXException, LookupError, ValueError) as error:
        raise refusal([Fault(f"This is no XML that can be read: {str(error)[:100]}. {MEND}")]) from None
    return _checked(handler.root)


def _checked(root: Node | None) -> Node:
    if root is None or root.tag != "LegalRuleML" or root.is_foreign:
        what = f"<{root.tag[:60]}>" if root else "nothing"
        raise refusal(
            [
                Fault(
                    f"The root element is {what}; LegalRuleML 1.0 begins with <lrml:LegalRuleML xmlns:lrml=“{LRML}v1.0/”>.",
                    1,
                )
            ]
        )
    return root


class _Handler(ContentHandler):
    """Builds the tree and stops where it grows too deep or too large."""

    def __init__(self) -> None:
        super().__init__()
        self.root: Node | None = None
        self.open: list[Node] = []
        self.count = 0
        self.locator: Any = None

    @property
    def line(self) -> int:
        return self.locator.getLineNumber() or 0 if self.locator else 0

    def setDocumentLocator(self, locator: Any) -> None:
        self.locator = locator

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:
        self.count += 1
        if len(self.open) >= MAX_DEPTH:
            raise refusal(
                [Fault(f"The elements are nested more than {MAX_DEPTH} deep. Write the law flatter.", self.line)]
            )
        if self.count > MAX_NODES:
            raise refusal([Fault(f"There are more than {MAX_NODES:,} elements. Split the file.", self.line)])
        space = name[0] or ""
        is_foreign = not (space.startswith(LRML) or space.rstrip("/#") == RULEML)
        attributes = {key[1]: str(value) for key, value in attrs.items()}
        node = Node(tag=name[1], attributes=attributes, line=self.line, is_foreign=is_foreign)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:
        self.open.pop()

    def characters(self, content: str) -> None:
        if self.open:
            self.open[-1].text += content

"""Reports the elements of an XML part without building a tree, and refuses declarations.

Formats in ZIP packages need no document type definition; without one there are no entities that
could expand or name other files. libxml2 limits nesting (2,048 levels) and the length of a text.
"""

from typing import IO, Protocol


class ForbiddenDoctype(ValueError):
    """The part has a document type definition."""


class Handler(Protocol):
    """What is told of elements and text; names are local, without namespaces."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the begin of an element; of attributes of one local name the last counts."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def data(self, text: str) -> None:
        """Take text."""


class _Target:
    """Takes the events of lxml, which calls methods by these names."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.data = handler.data

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = {name.rpartition("}")[2]: value for name, value in attributes.items()}
        self._handler.start(tag.rpartition("}")[2], local)

    def end(self, tag: str) -> None:
        self._handler.end(tag.rpartition("}")[2])

    def doctype(self, *_: object) -> None:
        raise ForbiddenDoctype

    def close(self) -> None:
        pass


def read(stream: IO[bytes], handler: Handler) -> None:
    """Parse a stream to its end; raises ``ForbiddenDoctype`` and the exceptions of lxml."""
    from lxml import etree

    parser = etree.XMLParser(
        target=_Target(handler),
        # With False, lxml gives &amp; in an attribute as &#38; to a target. There are no others.
        resolve_entities="internal",
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    while block := stream.read(1 << 16):
        parser.feed(block)
    parser.close()

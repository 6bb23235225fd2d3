"""A page as a test reads it."""

from __future__ import annotations

from lxml import etree


class Page:
    """One page of HTML, parsed."""

    def __init__(self, text: str) -> None:
        self._root = etree.fromstring(text.encode(), etree.HTMLParser(encoding="utf-8"))

    def all(self, path: str) -> list[str]:
        """The attributes or texts at an XPath."""
        found = self._root.xpath(path)
        assert isinstance(found, list)
        return [str(one) for one in found]

    @property
    def text(self) -> str:
        """All that can be read."""
        return "".join(self.all("//body//text()"))

"""What a reader of a family's screen reads, line by line, out of the family's own document."""

from __future__ import annotations

from xml.etree.ElementTree import Element


def text_lines(root: Element) -> list[str]:
    """Of a text whose line ends are characters (Yealink, Mitel, Cisco, Fanvil)."""
    return (root.findtext("Text") or "").split("\n")


def broken_lines(root: Element) -> list[str]:
    """Of a text whose line ends are elements, the second of them the footer (Snom): it is given last."""
    text = root.find("Text")
    assert text is not None
    assert all(child.tag == "br" for child in text)
    consent, footer, *lines = (text.text or "", *(child.tail or "" for child in text))
    return [consent, *lines, footer]


def paragraphs(root: Element) -> list[str]:
    """Of a page of XHTML (Poly)."""
    return ["".join(one.itertext()) for one in root.iter() if one.tag.endswith("}p")]


def alert_lines(root: Element) -> list[str]:
    """Of the first screen of several (Unify)."""
    return (root.findtext("IppDisplay/IppScreen/IppAlert/Text") or "").split("\n")


def rows(root: Element) -> list[str]:
    """Of strings placed by pixels (Grandstream)."""
    return [one.text or "" for one in root.iter("DisplayStr")]


def labels(root: Element) -> list[str]:
    """Of the keys, whatever they are called."""
    found = []
    for one in root.iter():
        match one.tag.rpartition("}")[2]:
            case "SoftKey" | "softkey" if one.get("label") is not None:
                found.append(one.get("label") or "")
            case "SoftKey" | "IppCommand":
                found.append(one.findtext("Label") or "")
            case "SoftKeyItem":
                found.append(one.findtext("Label") or one.findtext("Name") or "")
    return found

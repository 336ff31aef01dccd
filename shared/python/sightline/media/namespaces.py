"""Namespaces: what keeps one household's media from another's."""

from __future__ import annotations

# No document of IMS bounds a namespace. A query's is stripped and has at most so many characters, so an upload's must be like that.
LONGEST_NAMESPACE = 64
_NEVER_WRITTEN = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of characters, breaks of lines and paragraphs


def normal_namespace(name: str) -> str:
    """One form of what looks the same: macOS names folders in decomposed Unicode, and a query is typed in composed."""
    if name.isascii():
        return name
    import unicodedata

    return unicodedata.normalize("NFC", name)


def namespace_problem(namespace: str) -> str | None:
    """Why nobody could search this namespace."""
    if len(namespace) > LONGEST_NAMESPACE:
        return f"has {len(namespace):,} characters and may have {LONGEST_NAMESPACE}"
    if any(_is_never_written(character) for character in namespace):
        return "has characters that nobody can type"
    if namespace != namespace.strip():
        return "begins or ends with a space"
    return None if namespace else "is empty"


def _is_never_written(character: str) -> bool:
    if character.isprintable():
        return False
    import unicodedata

    return unicodedata.category(character) in _NEVER_WRITTEN

"""Documents that want to harm their reader are refused before anything is done."""

from __future__ import annotations

import pytest

from localcloud.mns import documents
from localcloud.mns.errors import MnsError

BOMB = (
    '<?xml version="1.0"{}?><!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><Message><MessageBody>&c;</MessageBody></Message>'
)
FILE = '<!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/passwd">]><Message><MessageBody>&f;</MessageBody></Message>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB.format("").encode(),
        BOMB.format(' encoding="utf-16"').encode("utf-16"),
        FILE.encode(),
        b"<Message><MessageBody>&f;</MessageBody></Message>",
        b"<Message>",
        b"",
        b"\xff\xfe\x00",
        b"<Other/>",
        b"<Message>\x00</Message>",
        b'<?xml version="1.0" encoding="utf-7"?><Message/>',
    ],
)
def test_what_is_no_plain_document_is_malformed(body: bytes) -> None:
    with pytest.raises(MnsError, match="MalformedXML"):
        documents.read(body, "Message")


def test_a_deep_document_is_read_and_forgotten() -> None:
    depth = 100_000
    root = documents.read(b"<Message>" + b"<a>" * depth + b"</a>" * depth + b"</Message>", "Message")
    assert documents.flat(root) == {}

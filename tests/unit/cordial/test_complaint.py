import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cordial.complaint import complaint

SAID = [
    (b'{"error":"Access Denied: Authentication Failure"}', "Access Denied: Authentication Failure"),
    (
        b'{"error":true,"errorKey":"INVALID","messages":{"email":["is not valid"]}}',
        "INVALID; email: is not valid",
    ),
    (b'{"message":"no contact ada@example.com"}', "no contact [email]"),
    (b'{"errors":[{"field":"phone","value":"+4915112345678"}]}', "field: phone; value: [phone]"),
    (b'{"validationErrors":["a\\n  b"],"contact":{"name":"Ada"}}', "a b"),
    (b'{"name":"Ada"}', ""),
    (b'["Ada"]', ""),
    (b"<html>Ada</html>", ""),
    (b"", ""),
    (b'{"message":"canary-key is wrong"}', "[secret] is wrong"),
]


@pytest.mark.parametrize(("body", "said"), SAID)
def test_only_the_known_envelope_speaks(body: bytes, said: str) -> None:
    assert complaint(body, ("canary-key",)) == said


def test_it_is_short() -> None:
    assert len(complaint(b'{"message":"' + b"too long " * 900 + b'"}')) == 200
    assert complaint(b'{"message":' + b"[" * 900 + b"]" * 900 + b"}") == ""


@given(st.binary())
def test_garbage_says_nothing_and_breaks_nothing(body: bytes) -> None:
    assert isinstance(complaint(body), str)

"""A secret in a file: what stands there now, in few readings, and never in an error."""

import os
import time

import pytest
from pydantic import SecretStr

from streams.settings.secret_file import MOST, SecretFile, SecretFileError, secret


def test_what_stands_there_now_is_given(tmp_path):
    file = tmp_path / "secret"
    reader = SecretFile(file)
    now = time.time_ns()
    for text in ("one", "two", "six"):  # of one length, within one tick of the file's clock
        file.write_text(f" {text}\n")
        os.utime(file, ns=(now, now))
        assert reader.read() == text


def test_a_mount_that_is_switched_is_seen(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (0, 0))
    link = tmp_path / "secret"
    link.symlink_to("old")
    reader = SecretFile(link)
    assert reader.read() == "old"
    (tmp_path / "link").symlink_to("new")
    (tmp_path / "link").rename(link)
    assert reader.read() == "new"


def test_a_file_that_stays_is_read_once(tmp_path, monkeypatch):
    file = tmp_path / "secret"
    file.write_text("one")
    os.utime(file, (time.time() - 60, time.time() - 60))
    reader = SecretFile(file)
    assert reader.read() == "one"
    monkeypatch.setattr(SecretFile, "_whole", lambda _: pytest.fail("it is read again"))
    assert reader.read() == "one"


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read"), (b"\xff\xfe-canary", "is no text"), (b"x" * (MOST + 1), "longer")],
)
def test_what_is_no_secret_is_said_without_a_byte_of_it(content, why, tmp_path):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SecretFileError, match=why) as refused:
        SecretFile(file).read()
    assert "canary" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_the_file_counts_where_both_are_set(tmp_path):
    file = tmp_path / "secret"
    file.write_text("of the file")
    assert secret(SecretStr("of the variable"), file) == "of the file"
    assert secret(SecretStr("of the variable"), None) == "of the variable"
    assert secret(None, None) == ""

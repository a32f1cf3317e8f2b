"""Conflicts as a worker counts them: an identifier that another contact claimed before."""

from streams.core.claims import Claims
from streams.core.identities import Said
from streams.core.learning import Learned

NAMES = {"segment_id": "user", "email": "email"}


def said(contact, **identifiers):
    return [Learned("identities", contact, Said(identifiers, 1, moves=True))]


def test_an_identifier_that_another_contact_claimed_is_a_conflict():
    claims = Claims(NAMES)
    assert claims.conflicts(said("u-1", email="ana@shop.example", segment_id="u-1")) == []
    assert claims.conflicts(said("u-1", email="ana@shop.example")) == []
    assert claims.conflicts(said("u-2", email="ana@shop.example")) == ["email"]
    assert claims.conflicts(said("u-2", email="eva@shop.example")) == []
    assert claims.conflicts([Learned("profiles", "u-3", object())]) == []


def test_what_is_kept_is_bounded():
    claims = Claims(NAMES, most=2)
    for number in range(4):
        claims.conflicts(said("u-1", email=f"{number}@shop.example"))
    assert claims.conflicts(said("u-2", email="0@shop.example")) == []
    assert claims.conflicts(said("u-2", email="3@shop.example")) == ["email"]

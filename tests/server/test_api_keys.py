"""Keys open what their scopes say, until they are revoked; the database never holds them."""

import pytest

from perception.errors import MentalisError

pytest.importorskip("sqlalchemy", reason="the server extra is not installed")
from server.api_keys import allows, check_address, found, is_loopback, listed, made, renewed, revoked
from server.database import open_database


@pytest.fixture
def engine(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'server.sqlite'}")
    yield opened
    opened.dispose()


def test_a_key_is_found_by_its_text_alone(engine):
    text, key = made(engine, "lab", ["write"], per_minute=60)
    assert text.startswith("mk_")
    assert found(engine, text) == key
    assert found(engine, text + "x") is None
    assert found(engine, "") is None


def test_the_database_does_not_hold_the_key(engine, tmp_path):
    text, _ = made(engine, "lab", ["read"], per_minute=60)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"lab" in kept
    assert text.removeprefix("mk_").encode() not in kept


def test_no_two_keys_are_alike(engine):
    texts = {made(engine, f"key {n}", ["read"], per_minute=1)[0] for n in range(20)}
    assert len(texts) == 20
    assert all(len(text) == len("mk_") + 43 for text in texts)  # 256 bits in base64


def test_a_revoked_key_is_refused_and_still_listed(engine):
    text, key = made(engine, "lab", ["read"], per_minute=60)
    gone = revoked(engine, "lab")
    assert found(engine, text) is None
    assert listed(engine) == [gone]
    assert gone.id == key.id
    assert revoked(engine, "lab") == gone  # the time is that of the first


def test_a_renewed_key_owns_what_it_owned_and_its_old_text_is_refused(engine):
    old, key = made(engine, "lab", ["read"], per_minute=60)
    revoked(engine, "lab")
    new, _ = renewed(engine, "lab")
    assert found(engine, old) is None
    assert found(engine, new) == key


@pytest.mark.parametrize(
    ("has", "allowed"), [("read", ["read"]), ("write", ["read", "write"]), ("admin", ["read", "write", "admin"])]
)
def test_wider_scopes_allow_what_narrower_do(has, allowed):
    assert [needed for needed in ("read", "write", "admin") if allows([has], needed)] == allowed


@pytest.mark.parametrize(
    ("name", "scopes", "per_minute", "says"),
    [
        ("  ", ["read"], 60, "needs a name"),
        ("a", [], 60, "needs a scope"),
        ("a", ["root"], 60, "no scope 'root'; there are: read, write, admin"),
        ("a", ["read"], 0, "1 at least"),
        ("taken", ["read"], 60, "choose another name"),
    ],
)
def test_what_no_key_can_be_is_said(engine, name, scopes, per_minute, says):
    made(engine, "taken", ["read"], 60)
    with pytest.raises(MentalisError, match=says):
        made(engine, name, scopes, per_minute)


@pytest.mark.parametrize("change", [revoked, renewed])
def test_a_key_that_is_not_there_cannot_be_changed(engine, change):
    with pytest.raises(MentalisError, match="no key 'lab'"):
        change(engine, "lab")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_without_a_key_it_listens_on_loopback(engine, host):
    assert is_loopback(host)
    check_address(host, engine)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "localhost.example.org", ""])
def test_without_a_key_it_listens_nowhere_else(engine, host):
    with pytest.raises(MentalisError, match="make an API key first"):
        check_address(host, engine)
    made(engine, "lab", ["read"], per_minute=60)
    check_address(host, engine)


def test_a_name_that_a_proxy_serves_needs_a_key_as_well(engine):
    with pytest.raises(MentalisError, match=r"as mentalis\.example"):
        check_address("127.0.0.1", engine, ["mentalis.example"])

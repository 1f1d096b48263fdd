"""Settings of the server come from the environment, and what can't be is said in a line without secrets."""

import pytest

from perception.errors import MentalisError

pytest.importorskip("fastapi", reason="the server extra is not installed")
from server.addresses import check_url
from server.app import database_of
from server.errors import ApiError
from server.settings import read_server_settings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no .env


def test_as_it_is_it_listens_on_loopback_and_connects_to_nobody():
    settings = read_server_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.fetch_rules().reach.hosts == settings.webhook_reach().hosts == ()


def test_the_environment_sets_and_a_call_wins(monkeypatch):
    monkeypatch.setenv("MENTALIS_SERVER_PORT", "9000")
    monkeypatch.setenv("MENTALIS_SERVER_FETCH_HOSTS", "Clips.example, *.media.example,")
    settings = read_server_settings(host="0.0.0.0")
    assert (settings.host, settings.port) == ("0.0.0.0", 9000)
    assert settings.fetch_hosts == ("clips.example", "*.media.example")
    assert read_server_settings(port=1).port == 1
    assert check_url("https://a.media.example/", settings.fetch_rules().reach).host == "a.media.example"


def test_private_receivers_are_told_where_the_operator_names_their_network_and_port(monkeypatch):
    monkeypatch.setenv("MENTALIS_SERVER_WEBHOOK_HOSTS", "10.1.2.3,192.168.0.5")
    monkeypatch.setenv("MENTALIS_SERVER_WEBHOOK_SECRET", "s" * 16)
    with pytest.raises(ApiError, match=r"'10\.1\.2\.3' is not at a public address"):
        check_url("http://10.1.2.3/", read_server_settings().webhook_reach())
    monkeypatch.setenv("MENTALIS_SERVER_WEBHOOK_NETWORKS", "10.0.0.0/8, fd00::/8")
    monkeypatch.setenv("MENTALIS_SERVER_WEBHOOK_PORTS", "80,9000")
    reach = read_server_settings().webhook_reach()
    assert check_url("http://10.1.2.3:9000/", reach).port == 9000
    for url, why in (("http://192.168.0.5/", "not at a public address"), ("http://10.1.2.3:22/", "port 22")):
        with pytest.raises(ApiError, match=why):
            check_url(url, reach)


@pytest.mark.parametrize("network", ["10.0.0.1/8", "private"])
def test_what_is_no_network_is_told_at_the_start(network):
    with pytest.raises(MentalisError, match=r"MENTALIS_SERVER_WEBHOOK_NETWORKS\).*is no network: write"):
        read_server_settings(webhook_networks=network)


def test_limits_reach_the_clip_and_the_link():
    settings = read_server_settings(file_bytes=5, seconds=6, frames=7, pixels=8, audio_seconds=9, streams=10)
    limits = settings.clip_limits()
    assert (limits.file_bytes, limits.duration_s, limits.frames) == (5, 6, 7)
    assert (limits.pixels, limits.audio_s, limits.streams) == (8, 9, 10)
    assert settings.fetch_rules().most_bytes == 5


def test_the_database_is_sqlite_in_the_folder_unless_set(tmp_path):
    assert read_server_settings().database(tmp_path) == f"sqlite:///{tmp_path}/server.sqlite"
    assert read_server_settings(database_url="postgresql+psycopg://a/b").database(tmp_path).startswith("postgresql")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"port": 70000}, r"setting port \(MENTALIS_SERVER_PORT\) can't be 70000"),
        ({"frames": 0}, "MENTALIS_SERVER_FRAMES"),
        ({"seconds": "inf"}, "MENTALIS_SERVER_SECONDS"),
        ({"fetch_hosts": "https://clips.example"}, "is no host"),
        ({"fetch_hosts": "*"}, "is no host"),
        ({"allowed_hosts": "*.example.org"}, "written out"),
        ({"webhook_hosts": "a.example"}, "need MENTALIS_SERVER_WEBHOOK_SECRET"),
        ({"webhook_secret": "short"}, "16 characters at least"),
    ],
)
def test_what_a_setting_can_not_be_is_said_in_a_line(given, says):
    with pytest.raises(MentalisError, match=says) as refused:
        read_server_settings(**given)
    assert "\n" not in str(refused.value)
    assert "short" not in str(refused.value)


def test_a_secret_is_never_shown():
    settings = read_server_settings(webhook_hosts="a.example", webhook_secret="0123456789abcdef")
    assert "0123456789abcdef" not in repr(settings)
    assert settings.webhook_secret.get_secret_value() == "0123456789abcdef"


def test_settings_can_not_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        read_server_settings().port = 1


@pytest.mark.parametrize("url", ["nonsense", "mysql://a:secret@b/c", "postgresql://a:secret@b:port/c"])
def test_what_names_no_postgresql_is_refused_without_its_password(url):
    with pytest.raises(MentalisError, match=r"names no PostgreSQL|is no URL") as refused:
        read_server_settings(database_url=url)
    assert "secret" not in str(refused.value)


def test_a_database_that_does_not_answer_is_told_in_a_line(tmp_path):
    settings = read_server_settings(database_url="postgresql://me:secret@127.0.0.1:1/mentalis")
    with pytest.raises(MentalisError, match="can't be opened") as refused:
        database_of(settings, tmp_path)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_variable_that_sets_nothing_is_told_with_what_may_be_meant(monkeypatch):
    monkeypatch.setenv("MENTALIS_SERVER_FILETTL_S", "3")
    with pytest.raises(MentalisError, match="MENTALIS_SERVER_FILETTL_S; did you mean MENTALIS_SERVER_FILE_TTL_S"):
        read_server_settings()


def test_the_short_name_of_postgresql_is_taken():
    assert read_server_settings(database_url="postgres://me@db/mentalis").database_url == "postgresql://me@db/mentalis"

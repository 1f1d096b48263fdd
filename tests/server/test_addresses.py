"""Public addresses are told from all others, in each way in which an address can be written."""

import ipaddress

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from server.addresses import Reach, check_url, host_of, is_host_pattern, is_public, may_connect
from server.errors import ApiError

REACH = Reach(hosts=("clips.example", "*.media.example", "8.8.8.8", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),  # this machine, private
        *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),  # clouds' metadata
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),  # groups, reserved, broadcast
        *("198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"),  # benchmarks, documentation, 6to4
        *("::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1"),  # IPv4 within IPv6
        *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),  # NAT64
        *("2002:7f00:1::", "2002:808:808::1", "2001:0:808:808::1", "2001:db8::1", "3fff::1"),  # 6to4, Teredo
    ],
)
def test_no_public_host_is_there(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_host_may_be_there(address):
    assert is_public(ipaddress.ip_address(address))


def test_a_listed_network_is_reached_and_no_other():
    reach = Reach(networks=(ipaddress.ip_network("10.1.0.0/16"),))
    assert may_connect("10.1.2.3", reach)
    assert not may_connect("10.2.2.3", reach)
    assert not may_connect("fe80::1%eth0", reach)


@pytest.mark.parametrize(
    "url",
    [
        *("https://clips.example/a.mp4", "http://clips.example:80/", "https://CLIPS.example./a?b#c"),
        *("https://a.media.example/", "https://a.b.media.example/", "https://8.8.8.8/"),
    ],
)
def test_listed_hosts_are_asked(url):
    assert check_url(url, REACH).scheme in ("http", "https")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://other.example/", "not among the hosts"),
        ("https://media.example/", "not among the hosts"),  # itself is not below itself
        ("https://notmedia.example/", "not among the hosts"),
        ("https://clips.example.evil/", "not among the hosts"),
        ("https://evil/?clips.example", "not among the hosts"),
        ("http://2130706433/", "not among the hosts"),
        ("http://0x7f.1/", "not among the hosts"),
        ("http://0177.0.0.1/", "no URL"),
        ("http://127.1/", "not among the hosts"),
        ("http://127。0。0。1/", "not among the hosts"),
        ("https://user:secret@clips.example/", "no user name"),
        ("https://clips.example@evil/", "no user name"),
        ("https://clips.example\\@evil/", "no user name"),
        ("https://clips.example:22/", "port 22"),
        ("https://clips.example:99999/", "port 99999"),
        ("file:///etc/passwd", "must begin with https"),
        ("ftp://clips.example/", "must begin with https"),
        ("gopher://clips.example/", "must begin with https"),
        ("//clips.example/", "must begin with https"),
        ("https:///a.mp4", "must begin with https"),
        ("clips.example", "must begin with https"),
        ("", "must begin with https"),
        ("https://[::1", "no URL"),
        ("https://clips.example/\r\nX: y", "no URL"),
        (None, "no URL"),
    ],
)
def test_all_else_is_refused_and_why(url, says):
    with pytest.raises(ApiError, match=says) as refused:
        check_url(url, REACH)
    assert refused.value.status == 400
    assert "secret" not in refused.value.message


def test_with_no_hosts_nothing_is_asked_and_the_setting_is_named():
    with pytest.raises(ApiError, match="MENTALIS_SERVER_FETCH_HOSTS"):
        check_url("https://clips.example/", Reach())
    with pytest.raises(ApiError, match="MENTALIS_SERVER_WEBHOOK_HOSTS"):
        check_url("https://clips.example/", Reach(purpose="webhook"))


def test_a_name_is_compared_as_it_is_looked_up():
    assert host_of(check_url("https://münchen.example/", Reach(hosts=("xn--mnchen-3ya.example",)))) == (
        "xn--mnchen-3ya.example"
    )


@pytest.mark.parametrize("text", ["clips.example", "*.media.example", "8.8.8.8", "2606:4700::1111", "localhost"])
def test_what_can_be_listed(text):
    assert is_host_pattern(text)


@pytest.mark.parametrize("text", ["", "*", "*.", "https://a", "a:80", "a/b", "a.*", "*a.example", "A.example", "a b"])
def test_what_can_not_be_listed(text):
    assert not is_host_pattern(text)

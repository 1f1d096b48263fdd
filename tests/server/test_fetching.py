"""A link is fetched from where the operator allows, and from nowhere else however it is dressed up."""

import asyncio
import ssl
import subprocess
import time
from ipaddress import ip_network
from shutil import which

import httpx
import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from scripted_host import ALLOWED, FORBIDDEN, HERE, host, names, says

from server.addresses import Reach
from server.errors import ApiError
from server.fetching import FetchRules, fetched
from server.outgoing import PinnedTransport, pinned

HOSTS = ("clips.example", "other.example", HERE, FORBIDDEN, "localhost", "::1", "::ffff:127.0.0.1", "2130706433")


def rules(port, **given):
    return FetchRules(reach=Reach(HOSTS, ports=(port,), networks=ALLOWED), **given)


async def got(url, given, resolve):
    return b"".join([chunk async for chunk in fetched(url, given, resolve)])


async def refusal(url, given, resolve=None):
    with pytest.raises(ApiError) as refused:
        await got(url, given, resolve or names(clips=HERE, other=HERE))
    assert "\n" not in refused.value.message
    return refused.value


async def test_a_listed_host_is_fetched_under_its_own_name_without_anything_of_ours(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{FORBIDDEN}:9")
    async with host(says(body=b"a clip", set_cookie="a=b")) as there:
        url = f"http://clips.example:{there.port}/a.mp4?b=c"
        assert await got(url, rules(there.port), names(clips=HERE)) == b"a clip"
        head = there.heads()[0]
    assert there.asked[0].startswith(b"GET /a.mp4?b=c HTTP/1.1\r\n")
    assert head["host"] == f"clips.example:{there.port}"
    assert head["accept-encoding"] == "identity"
    assert not {"cookie", "authorization", "referer"} & set(head)


async def test_it_is_off_until_hosts_are_listed():
    refused = await refusal("https://clips.example/a.mp4", FetchRules())
    assert refused.status == 400
    assert "MENTALIS_SERVER_FETCH_HOSTS" in refused.message


async def test_a_name_that_changes_its_meaning_leads_where_it_was_checked():
    """DNS rebinding: the second look-up would lead to loopback, and there is none."""

    async def rebinding(name, port):
        turns.append(name)
        return [HERE if len(turns) == 1 else FORBIDDEN]

    turns = []
    async with host(says(body=b"public")) as there, host(says(body=b"secret"), FORBIDDEN, there.port) as within:
        assert await got(f"http://clips.example:{there.port}/", rules(there.port), rebinding) == b"public"
        assert turns == ["clips.example"]
        refused = await refusal(f"http://clips.example:{there.port}/", rules(there.port), rebinding)
    assert "not at a public address" in refused.message
    assert FORBIDDEN not in refused.message
    assert not within.asked


@pytest.mark.parametrize("addresses", [[FORBIDDEN], [HERE, FORBIDDEN], ["169.254.169.254"], ["fe80::1%lo"], ["::1"]])
async def test_a_name_with_any_address_that_is_not_public_is_refused(addresses):
    async with host(says()) as there:
        refused = await refusal(f"http://clips.example:{there.port}/", rules(there.port), names(clips=addresses))
    assert "not at a public address" in refused.message
    assert not there.asked


@pytest.mark.parametrize(
    "form", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "127.1", "[::1]",
             "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]"],
)  # fmt: skip
async def test_loopback_is_refused_however_it_is_written(form):
    from server.outgoing import resolved

    async with host(says(), FORBIDDEN) as within:
        await refusal(f"http://{form}:{within.port}/", rules(within.port), resolved)
    assert not within.asked


async def test_redirects_are_followed_with_no_cookie_to_listed_hosts():
    async def answer(path, writer):
        turn = int(path[1:])
        await says(*((302, b"") if turn else (200, b"end")), location=f"/{turn - 1}", set_cookie="a=b")(path, writer)

    async with host(answer) as there:
        url = f"http://clips.example:{there.port}/"
        assert await got(f"{url}3", rules(there.port), names(clips=HERE)) == b"end"
        assert not any("cookie" in head for head in there.heads())
        assert "more than 3 times" in (await refusal(f"{url}4", rules(there.port))).message


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://127.0.0.1:{port}/", "not at a public address"),
        ("http://[::1]:{port}/", "not at a public address"),
        ("http://2130706433:{port}/", "not among the hosts"),
        ("http://evil.example:{port}/", "not among the hosts"),
        ("http://clips.example:1/", "port 1 "),
        ("http://a:b@clips.example:{port}/", "no user name"),
        ("file:///etc/passwd", "must begin with https"),
        ("http://[::1", "check the link"),
    ],
)
async def test_a_redirect_is_checked_like_the_link(location, why):
    async def answer(path, writer):
        await says(302, b"", location=location.format(port=there.port))(path, writer)

    async with host(answer) as there, host(says(body=b"secret"), FORBIDDEN, there.port) as within:
        assert why in (await refusal(f"http://clips.example:{there.port}/", rules(there.port))).message
    assert not within.asked


async def test_a_password_in_the_link_is_refused_and_not_repeated():
    refused = await refusal("https://user:hidden@clips.example/", rules(443))
    assert "hidden" not in refused.message


@pytest.mark.parametrize("told", [True, False])
async def test_too_long_a_clip_is_refused_told_or_not(told):
    async def untold(_, writer):
        writer.write(b"HTTP/1.1 200 -\r\nconnection: close\r\n\r\n" + b"x" * 2001)

    async with host(says(body=b"x" * 2001) if told else untold) as there:
        url = f"http://clips.example:{there.port}/"
        assert (await refusal(url, rules(there.port, most_bytes=2000))).status == 413
        assert len(await got(url, rules(there.port, most_bytes=2001), names(clips=HERE))) == 2001


@pytest.mark.parametrize("where", ["head", "body"])
async def test_a_slow_drip_ends_in_time(where):
    async def drip(_, writer):
        writer.write(b"HTTP/1.1 200 -\r\n" if where == "head" else b"HTTP/1.1 200 -\r\ncontent-length: 999\r\n\r\n")
        for n in range(200):
            writer.write(f"x-{n}: y\r\n".encode() if where == "head" else b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with host(drip) as there:
        begun = time.monotonic()
        assert (
            "too long" in (await refusal(f"http://clips.example:{there.port}/", rules(there.port, most_s=0.4))).message
        )
        assert time.monotonic() - begun < 3


async def test_who_reads_slowly_is_told_and_not_interrupted():
    async with host(says(body=b"x" * 5_000_000)) as there:
        chunks = fetched(f"http://clips.example:{there.port}/", rules(there.port, most_s=0.3), names(clips=HERE))
        await anext(chunks)
        await asyncio.sleep(0.5)  # would raise CancelledError if the time were counted here
        with pytest.raises(ApiError, match="too long"):
            async for _ in chunks:
                pass


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says(404), "answers 404"),
        (says(206), "answers 206"),
        (says(302), "answers 302"),  # to nowhere
        (says(content_encoding="gzip"), "packs it"),
    ],
)
async def test_what_is_no_file_is_refused(answer, why):
    async with host(answer) as there:
        assert why in (await refusal(f"http://clips.example:{there.port}/", rules(there.port))).message


async def test_a_host_that_is_not_there_or_breaks_off_is_told_alike():
    async def breaks_off(_, writer):
        writer.write(b"HTTP/1.1 200 -\r\ncontent-length: 999\r\n\r\nx")

    async with host(breaks_off) as there:
        pass
    nobody = await refusal(f"http://clips.example:{there.port}/", rules(there.port))
    nameless = await refusal(f"http://clips.example:{there.port}/", rules(there.port), names(clips=[]))
    async with host(breaks_off) as there:
        broken = await refusal(f"http://clips.example:{there.port}/", rules(there.port))
    assert nobody.message == nameless.message == broken.message


async def test_the_next_address_is_tried_where_one_does_not_answer():
    async with host(says(body=b"here")) as there:
        given = FetchRules(reach=Reach(HOSTS, ports=(there.port,), networks=(ip_network("127.0.0.2/31"),)))
        found = names(clips=["127.0.0.3", HERE])
        assert await got(f"http://clips.example:{there.port}/", given, found) == b"here"


async def test_tls_asks_for_the_name_at_the_address():
    def inner(request):
        seen.append((request.url.host, request.headers["host"], request.extensions["sni_hostname"]))
        return httpx.Response(200)

    seen = []
    transport = PinnedTransport(Reach(("clips.example",)), names(clips="2606:4700::1"), httpx.MockTransport(inner))
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get("https://clips.example/")
    assert seen == [("2606:4700::1", "clips.example", "clips.example")]


@pytest.mark.skipif(which("openssl") is None, reason="openssl, which makes the certificate, is not here")
async def test_a_certificate_is_checked_for_the_name_and_not_for_the_address(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=clips.example",
         "-addext", "subjectAltName=DNS:clips.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with host(says(body=b"here"), ssl=own) as there:
        reach = Reach(HOSTS, ports=(there.port,), networks=ALLOWED)
        transport = pinned(reach, names(clips=HERE, other=HERE), trusting)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            assert (await client.get(f"https://clips.example:{there.port}/")).content == b"here"
            with pytest.raises(httpx.ConnectError, match="certificate"):
                await client.get(f"https://other.example:{there.port}/")


async def test_a_link_that_is_safe_does_not_lead_to_one_that_is_not(monkeypatch):
    def answer(request):
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": "http://clips.example/a.mp4"})

    asked = []
    opened = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    monkeypatch.setattr("server.fetching.client", lambda *_: opened)
    refused = await refusal("https://clips.example/a.mp4", FetchRules(Reach(("clips.example",))))
    assert "from https to http" in refused.message
    assert asked == ["https://clips.example/a.mp4"]

"""Connections to where a client says: to the very address that was checked, whatever its name means a moment later."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from server.addresses import Reach, check_url, host_of, may_connect, not_public

Resolve = Callable[[str, int], Awaitable[list[str]]]  # name and port -> addresses
CONNECT_S, READ_S = 10.0, 30.0
NO_REUSE = httpx.Limits(max_keepalive_connections=0)  # two names at one address: a certificate was checked for one
HEADERS = {"User-Agent": "mentalis", "Accept": "*/*", "Accept-Encoding": "identity"}  # nothing unpacks to more


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which the system would try them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedTransport(httpx.AsyncBaseTransport):
    """Checks each request's URL and all addresses of its host, and connects to these; name and certificate stay."""

    def __init__(self, reach: Reach, resolve: Resolve, inner: httpx.AsyncBaseTransport) -> None:
        self._reach, self._resolve, self._inner = reach, resolve, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first address that answers.

        Raises:
            ApiError: 400, it may not be sent there.
            httpx.TransportError: no address answers.
        """
        host = host_of(check_url(request.url, self._reach))
        failure: httpx.TransportError = httpx.ConnectError(f"{host} has no address", request=request)
        for address in await self._addresses(host, request):
            try:
                return await self._inner.handle_async_request(_at(address, host, request))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close its connections."""
        await self._inner.aclose()

    async def _addresses(self, host: str, request: httpx.Request) -> list[str]:
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"{host} has no address", request=request) from error
        if not all(may_connect(address, self._reach) for address in addresses):  # one public among others is a trick
            raise not_public(host, self._reach)
        return addresses


def pinned(reach: Reach, resolve: Resolve = resolved, verify: ssl.SSLContext | bool = True) -> PinnedTransport:
    """A transport to the network whose connections serve one request each."""
    return PinnedTransport(reach, resolve, httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=NO_REUSE))


@asynccontextmanager
async def client(reach: Reach, resolve: Resolve = resolved) -> AsyncIterator[httpx.AsyncClient]:
    """A client that connects to what `reach` allows: no proxy, no redirect followed, no cookie kept."""
    async with httpx.AsyncClient(
        transport=pinned(reach, resolve),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers=HEADERS,
        timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
    ) as opened:
        yield opened


def _at(address: str, host: str, request: httpx.Request) -> httpx.Request:
    """The request to an address. Its Host header was written before; TLS asks for the name and checks it."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )

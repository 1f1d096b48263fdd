"""What browsers are told of each answer, and which names the server answers to."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api_keys import is_loopback
from server.errors import shaped

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
OWN_ONLY = {
    "default-src": "'self'",
    "script-src": "'self'",  # none within a page
    "style-src": "'self'",  # Plotly's own sheet is page/plotly.css
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",  # a clip that is chosen or recorded is shown before it is sent
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), serial=(), hid=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(directives: dict[str, str]) -> str:
    """A Content-Security-Policy as a header's value."""
    return "; ".join(f"{name} {value}" for name, value in directives.items())


# Of a report's page, which holds its scripts: in a sandbox it has no origin, so that they can ask nothing of the server
PROBES = ("/healthz", "/readyz")  # which balancers ask by address; they say nothing that a page could use
REPORT_POLICY = "sandbox allow-scripts allow-downloads; " + policy(
    {
        "default-src": "'none'",
        "script-src": "'unsafe-inline'",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
        "media-src": "data: blob:",
        "font-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
)


def names_of(host: str, allowed_hosts: Collection[str]) -> frozenset[str]:
    """The names that a server answers to; none: to any.

    On loopback that matters: another site's name can be made to mean this machine (DNS rebinding), and its page would
    then read the server as its own. Elsewhere a key is needed, which that page does not have.

    Args:
        host: the address that it listens on.
        allowed_hosts: names that are set, such as a proxy's.
    """
    own = LOOPBACK_NAMES if is_loopback(host) else ()
    return frozenset({*own, *map(str.lower, allowed_hosts)})


class SecurityHeaders:
    """Adds the headers that an answer does not set itself, as it begins; what follows passes as it comes."""

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 421 where it is for another name."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {"Content-Security-Policy": policy(OWN_ONLY), **HEADERS}.items():
                    headers.setdefault(name, value)
            await send(message)

        if (
            self._names
            and scope["path"] not in PROBES
            and _name(Headers(scope=scope).get("host", "")) not in self._names
        ):
            refusal = shaped(
                421, "the server is not known by that name; MENTALIS_SERVER_ALLOWED_HOSTS adds names", "host"
            )
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _name(host: str) -> str:
    """Of a Host header: without the port, and without the brackets around an IPv6 address."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")

"""`mentalis` whose webhooks may be told at this machine, at any port: a test's receiver has no public address."""

import ipaddress

from mentalis.cli import main
from server.addresses import Reach
from server.settings import ServerSettings

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def _reach(settings: ServerSettings) -> Reach:
    return Reach(settings.webhook_hosts, "webhook", ports=tuple(range(2**16)), networks=LOOPBACK)


if __name__ == "__main__":
    ServerSettings.webhook_reach = _reach
    main()

"""A guard in front of Dagster's web server, which by itself does what any page asks of it.

It answers mutations by GET and under any ``Host``, so a page that somebody visits could start or
delete runs on that person's own machine. The guard lets through what a browser sends from the
UI's own pages, and what is no browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Names under which a browser reaches the machine that it runs on."""

_READS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """ASGI middleware that refuses requests of foreign pages.

    Parameters
    ----------
    app
        What is guarded.
    hosts
        Names under which the server may be asked, without port; a name that an attacker lets
        point to this machine is none of them (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = LOOPBACK) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or 405 to what is refused, and hand on the rest."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        status, why = self._refusal(scope)
        if not status:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": why})
        else:
            await PlainTextResponse(why, status)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """Status and reason; 0 where nothing is wrong."""
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "")
        if (urlsplit(f"//{host}").hostname or "") not in self._hosts:
            return 403, f"this server does not answer to the host '{host}'; see mmm ui --allow-host"
        reads = scope["type"] == "http" and scope["method"] in _READS
        if reads:
            asks = "query" in parse_qs(scope.get("query_string", b"").decode("latin-1"))
            if asks and scope["path"].rstrip("/").endswith("/graphql"):
                return 405, "GraphQL is answered by POST alone"
            return 0, ""
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return 403, "asked by a page of another origin"
        return 0, ""

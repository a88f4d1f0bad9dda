"""A small REST API with a shop's orders and what its campaigns cost, in place of a vendor's.

``python examples/ingest/api.py`` serves it on http://127.0.0.1:8900 until it is stopped. Rows come
in pages, to whoever sends the token; they look as Shopify's and Google Ads' do.
"""

from __future__ import annotations

import json
import os
from datetime import date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

WEEKS = 60
FIRST = date(2024, 1, 1)
ZONE = ZoneInfo("Europe/Berlin")
PAGE = 500

Rows = list[dict[str, Any]]


def campaigns() -> Rows:
    """What each campaign cost a day, in millionths, as Google Ads' API says it."""
    return [
        {
            "segments": {"date": str(FIRST + timedelta(days=day))},
            "campaign": {"id": str(number), "advertisingChannelType": kind},
            "customer": {"currencyCode": "EUR"},
            "metrics": {
                "costMicros": str(int(1e6 * _spend(day, number))),
                "clicks": str(round(2 * _spend(day, number))),
                "impressions": str(round(150 * _spend(day, number))),
            },
        }
        for number, kind in enumerate(("SEARCH", "PERFORMANCE_MAX"), start=1)
        for day in range(7 * WEEKS)
    ]


def orders() -> Rows:
    """Four orders a day, the last of them a test or cancelled, as Shopify's API says them."""
    rows: Rows = []
    for day in range(7 * WEEKS):
        for hour, share in ((9, 0.5), (13, 0.2), (23, 0.3), (18, 9.0)):
            at = datetime.combine(FIRST + timedelta(days=day), time(hour, 30), ZONE)
            counts = share < 1
            price = f"{share * (100 + _spend(day - 7, 1) + _spend(day, 2)):.2f}"
            rows.append(
                {
                    "id": len(rows) + 1,
                    "created_at": at.isoformat(),
                    "updated_at": at.isoformat(),
                    "cancelled_at": None if counts or day % 2 else at.isoformat(),
                    "test": not counts and day % 2 == 1,
                    "currency": "EUR",
                    "financial_status": "paid",
                    "current_total_price": price,
                    "total_price": price,
                }
            )
    return rows


def _spend(day: int, campaign: int) -> float:
    """Money of a day: up and down by weeks, each campaign in its own rhythm."""
    return 40 + 10 * campaign + 3 * ((day // 7) * (campaign + 2) % 11) + day % 7


def serve(host: str, port: int, token: str) -> ThreadingHTTPServer:
    """Make the server; ``serve_forever`` runs it."""
    tables = {"/orders": orders(), "/campaigns": campaigns()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            rows = tables.get(asked.path)
            if self.headers.get("Authorization") != f"Bearer {token}":
                self._answer(401, {"error": "the token is missing or wrong"})
            elif rows is None:
                self._answer(404, {"error": "there are /orders and /campaigns"})
            else:
                page = int(parse_qs(asked.query).get("page", ["1"])[0])
                pages = -(-len(rows) // PAGE)
                self._answer(200, {"rows": rows[PAGE * (page - 1) : PAGE * page], "pages": pages})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return ThreadingHTTPServer((host, port), Handler)


if __name__ == "__main__":
    print("http://127.0.0.1:8900, until Ctrl+C")
    serve("127.0.0.1", 8900, os.environ.get("SHOP_API_TOKEN", "example")).serve_forever()

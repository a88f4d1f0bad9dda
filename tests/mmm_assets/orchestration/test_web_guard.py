"""What the guard lets through: the UI's own pages and programs, no foreign page."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from mmm_assets.orchestration.web_guard import Guard

HERE = "http://127.0.0.1:3000"


async def answer(request: object) -> PlainTextResponse:
    return PlainTextResponse("done")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("done")
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    app = Starlette(
        routes=[
            Route("/graphql", answer, methods=["GET", "POST"]),
            Route("/report_asset_materialization/x", answer, methods=["POST"]),
            WebSocketRoute("/graphql", talk),
        ],
        middleware=[Middleware(Guard)],
    )
    return TestClient(app, base_url=HERE)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/graphql", {}, 200),  # the page of GraphiQL
        ("GET", "/graphql?query=mutation{x}", {}, 405),
        ("GET", "/graphql/?a=1&query=mutation{x}", {}, 405),
        ("HEAD", "/graphql?query=mutation{x}", {}, 405),
        ("POST", "/graphql", {}, 200),  # curl, dagster-graphql
        ("POST", "/graphql", {"Origin": HERE}, 200),
        ("POST", "/graphql", {"Origin": "http://127.0.0.1:8000"}, 403),
        ("POST", "/graphql", {"Origin": "null"}, 403),
        ("POST", "/graphql", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", "/graphql", {"Sec-Fetch-Site": "same-origin", "Origin": HERE}, 200),
        ("POST", "/report_asset_materialization/x", {"Origin": "https://evil.example"}, 403),
        ("GET", "/graphql", {"Host": "evil.example"}, 403),
        ("GET", "/graphql", {"Host": "localhost:3000"}, 200),
        ("GET", "/graphql", {"Host": "[::1]:3000"}, 200),
        ("GET", "/graphql", {"Host": "localhost.evil.example"}, 403),
    ],
)
def test_requests(
    client: TestClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert client.request(method, path, headers=headers).status_code == status


def test_web_sockets(client: TestClient) -> None:
    with client.websocket_connect("/graphql", headers={"Host": "127.0.0.1:3000"}) as own:
        assert own.receive_text() == "done"
    foreign = {"Host": "127.0.0.1:3000", "Origin": "https://evil.example"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/graphql", headers=foreign):
        pass

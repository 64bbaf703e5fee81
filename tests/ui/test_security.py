"""Who may ask: nobody without the password, no other site, no other name of this host; and no more than is taken."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

pytest.importorskip("gradio")

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from model_lab.errors import BadConfig
from model_lab.ui.app import app
from model_lab.ui.security import SecurityMiddleware, credentials
from model_lab.ui.server_context import ServerContext
from tests.ui.conftest import BASE

ROUTES = [
    ("GET", "/"),
    ("GET", "/config"),
    ("GET", "/api/docs"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/jobs"),
    ("POST", "/api/sprints"),
    ("POST", "/api/ask/asr"),
    ("DELETE", "/api/jobs/1"),
    ("GET", "/runs/some/report/index.html"),
    ("GET", "/pages/x.html"),
    ("GET", "/conversations/x/conversation.html"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/queue/data"),
    ("GET", "/static-offline-docs/swagger-ui.css"),
    ("GET", "/assets/nothing.js"),
]


def basic(said: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}


@pytest.fixture(scope="module")
def locked(shared_room: ServerContext) -> TestClient:
    """A server that others can reach, with a password."""
    return TestClient(app(shared_room, "0.0.0.0", ("ada", "pass:wörd")), base_url="http://bench.example", follow_redirects=False)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_is_answered_without_the_password(locked: TestClient, method: str, path: str) -> None:
    wrong = ["ada:pass", "ada:", ":pass:wörd", "eve:pass:wörd", "ada:pass:wörd "]
    headers = [
        {},
        *map(basic, wrong),
        {"Authorization": "Basic ???"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic \xff"},
    ]
    for sent in headers:
        answer = locked.request(method, path, headers=[(key.encode(), value.encode("latin-1")) for key, value in sent.items()])
        assert answer.status_code == 401, sent
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "frame-ancestors" in answer.headers["content-security-policy"]


def test_the_password_opens(locked: TestClient) -> None:
    assert locked.get("/api/jobs", headers=basic("ada:pass:wörd")).json() == []
    assert locked.get("/", headers=basic("ada:pass:wörd")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/config", "/api/jobs", "/gradio_api/info"])
def test_another_site_reads_nothing_with_the_browser_s_password(locked: TestClient, path: str) -> None:
    """Gradio itself would allow it, with credentials."""
    answer = locked.get(path, headers=basic("ada:pass:wörd") | {"Origin": "https://evil.example"})
    assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("OPTIONS", "/api/sprints"), ("PUT", "/api/jobs")])
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:3000", "http://127.0.0.1:7860.evil.example", "x"]
)
def test_another_site_asks_nothing(client: TestClient, method: str, path: str, origin: str) -> None:
    answer = client.request(method, path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 403 and "open this server's own page" in answer.text
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "169.254.169.254", "", "localhost@evil"]
)
def test_another_name_of_this_host_is_not_served_on_loopback(client: TestClient, name: str) -> None:
    """A site may have its own name lead to 127.0.0.1."""
    for path in ("/", "/api/jobs", "/pages/x.html"):
        assert client.get(path, headers={"Host": name}).status_code == 400


@pytest.mark.parametrize("name", ["localhost:7860", "127.0.0.1", "[::1]:7860", "LOCALHOST"])
def test_the_names_of_loopback_are_served(client: TestClient, name: str) -> None:
    assert client.get("/api/jobs", headers={"Host": name, "Origin": f"http://{name}"}).status_code == 200


def chunks(megabytes: float, head: bytes = b"") -> Iterator[bytes]:
    """A body without a length."""
    yield head
    for _ in range(round(10 * megabytes)):
        yield b"0" * 100_000


HEAD = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a.wav"\r\n\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("path", "field"), [("/api/ask/asr", b"audio"), ("/api/pipeline", b"audio"), ("/gradio_api/upload", b"files")]
)
def test_a_body_that_is_too_large_is_answered(client: TestClient, path: str, field: bytes) -> None:
    told = client.post(path, files={field.decode(): ("a.wav", b"0" * 2_100_000)})
    untold = client.post(path, content=chunks(3, HEAD % field), headers=FORM)
    for answer in (told, untold):
        assert answer.status_code == 413 and "more than 2 MB" in answer.text
        assert "nosniff" in answer.headers["x-content-type-options"]


def test_less_is_taken_of_what_is_no_file() -> None:
    """It is held in memory."""

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse(str(len(body)))(scope, receive, send)

    guarded = TestClient(SecurityMiddleware(reads, None, 10), base_url=BASE)
    for kind, taken in (("application/json", False), ("application/x-www-form-urlencoded", False), ("multipart/form-data", True)):
        for content in (chunks(5), b"".join(chunks(5))):
            answer = guarded.post("/", content=content, headers={"Content-Type": kind})
            assert (answer.status_code, answer.text) == (200, "5000000") if taken else answer.status_code == 413


@pytest.mark.parametrize("count", [1100, 20_000])
def test_many_small_parts_are_refused(client: TestClient, count: int) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\n\r\n'
    answer = client.post("/api/ask/asr", content=part * count, headers=FORM)
    assert answer.status_code == 400 and "1000" in answer.json()["error"]


def test_a_body_that_is_no_form_is_told(client: TestClient) -> None:
    for content, headers in ((b"junk", FORM), (b"junk", {}), (b"", {"Content-Type": "multipart/form-data"})):
        answer = client.post("/api/ask/asr", content=content, headers=headers)
        assert answer.status_code in (400, 422) and set(answer.json()) == {"error"}


@pytest.mark.parametrize("auth", ["ada", "ada:", ":word", ":"])
def test_half_a_password_is_refused(auth: str) -> None:
    with pytest.raises(BadConfig, match="USER:PASSWORD"):
        credentials(auth)


def test_a_password_may_hold_colons() -> None:
    assert credentials("ada:a:b") == ("ada", "a:b")

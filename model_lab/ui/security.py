"""Authentication, origin and size of requests, checked before any page or function sees them."""

from __future__ import annotations

import base64
import binascii
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model_lab.errors import BadConfig

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""Nothing is loaded from other hosts, and no other site may frame a page. Gradio needs inline scripts."""

_MAX_PLAIN_MB = 4
"""Maximum size of a body that is not a file upload: it is held in memory."""
_MAX_DRAINED_MB = 2000
"""Maximum that is read, and discarded, of a refused body."""


def credentials(auth: str) -> tuple[str, str]:
    """Split ``"user:password"``. Raises `BadConfig` if either is empty."""
    user, _, password = auth.partition(":")
    if not user or not password:
        raise BadConfig("--auth is not USER:PASSWORD; set both, for example in the environment variable MODEL_LAB_AUTH")
    return user, password


class SecurityMiddleware:
    """An ASGI middleware: requires the password if there is one, and refuses requests from other sites and bodies that are too large."""

    def __init__(self, app: ASGIApp, auth: tuple[str, str] | None, megabytes: int) -> None:
        self._app = app
        self._auth = auth
        self._megabytes = megabytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers, send = Headers(scope=scope), _with_policy(send)
        most = (
            self._megabytes if headers.get("content-type", "").startswith("multipart/") else min(self._megabytes, _MAX_PLAIN_MB)
        )
        if (refusal := self._refusal(headers)) is not None:
            return await refusal(scope, receive, send)
        counted = _LimitedBody(receive, send, most * 1_000_000)
        if (length := headers.get("content-length", "0")).isdigit() and int(length) > most * 1_000_000:
            counted.refused = True
        else:
            try:
                await self._app(scope, counted.receive, counted.send)
            except Exception:
                if not counted.refused:
                    raise
        if counted.refused:
            if headers.get("expect", "").lower() != "100-continue":
                await counted.drain()
            text = f"more than {most} MB were sent, which is the maximum here"
            await PlainTextResponse(text, 413)(scope, receive, send)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        if self._auth is not None and not _is_authorized(headers.get("authorization", ""), self._auth):
            challenge = {"WWW-Authenticate": 'Basic realm="Model Lab", charset="UTF-8"'}
            return PlainTextResponse("a user and a password are needed", 401, challenge)
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != headers.get("host"):
            return PlainTextResponse(f"requests from {origin} are refused; open this server's own page", 403)
        return None


class _LimitedBody:
    """A request whose body ends where it exceeds the limit, if it declared no length; the application's response is then not sent."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self._most = receive, send, most
        self._seen = 0
        self._more = True
        self._answered = False
        self.refused = False

    async def receive(self) -> Message:
        if self._seen > self._most:
            return {"type": "http.disconnect"}
        message = await self._next()
        if self._seen > self._most:
            self.refused = not self._answered
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if not self.refused:
            self._answered = True
            await self._send(message)

    async def drain(self) -> None:
        """Read the rest, up to a limit: many clients read no response before they have sent everything."""
        while self._more and self._seen <= _MAX_DRAINED_MB * 1_000_000:
            await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        self._more = bool(message.get("more_body", False))
        return message


def _is_authorized(header: str, auth: tuple[str, str]) -> bool:
    kind, _, encoded = header.partition(" ")
    try:
        credentials = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    return kind.lower() == "basic" and secrets.compare_digest(credentials, ":".join(auth).encode())


def _with_policy(send: Send) -> Send:
    async def send_with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", []),
                (b"content-security-policy", _POLICY.encode()),
                (b"x-content-type-options", b"nosniff"),
                (b"referrer-policy", b"same-origin"),
            ]
        await send(message)

    return send_with_policy

"""The patient page and its static files, with the headers that keep them safe."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Dict, Mapping, Optional, Sequence

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.safe_text import call_line
from bot.channels.script import one_script
from bot.settings import Settings

WIDGET = Path(__file__).resolve().parent.parent / "widget"

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Scripts that are no part of the chat itself.
_OWN_SCRIPTS = ("widget", "worker")

#: Nothing inline, nothing from elsewhere, no framing by other sites.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True)
class StaticFile:
    """One file of the widget, held in memory, with its compressed form."""

    content: bytes
    compressed: bytes
    content_type: str
    tag: str


def static_files(folder: Path = WIDGET / "static") -> Dict[str, StaticFile]:
    """Return the files that browsers get, by name. No others are served, so no path can escape.

    ``chat.js`` is made of the modules; ``widget.js`` and ``worker.js`` stand for themselves.
    """
    contents = {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix in _TYPES and (path.suffix != ".js" or path.stem in _OWN_SCRIPTS)
    }
    contents["chat.js"] = one_script(folder).encode()
    return {name: _static_file(name, content) for name, content in contents.items()}


def _static_file(name: str, content: bytes) -> StaticFile:
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    packed = gzip.compress(content, 9, mtime=0)
    return StaticFile(content, packed, _TYPES[Path(name).suffix], tag)


def static_response(file: Optional[StaticFile], request: Request) -> HTTPResponse:
    """Return a static file, 304 when the browser has it, or 404."""
    if file is None:
        return HTTPResponse("There is no such file.", status=404, content_type="text/plain")
    headers = {
        "ETag": file.tag,
        "Cache-Control": "no-cache",
        # The files are the same for everybody and hold no data, so any host page may load them.
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == file.tag:
        return HTTPResponse(status=304, headers=headers)
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"], content = "gzip", file.compressed
    return HTTPResponse(content, content_type=file.content_type, headers=headers)


def add_pages(chat: Blueprint, settings: Settings) -> Blueprint:
    """Add the patient page, the demo of a host page and the files of both to the blueprint."""
    files = static_files()
    page, demo = filled("index.html", settings), filled("demo.html", settings)

    @chat.get("/")
    async def show_page(_: Request) -> HTTPResponse:
        return response.html(page)

    @chat.get("/demo")
    async def show_demo(_: Request) -> HTTPResponse:
        return response.html(demo)

    @chat.get("/worker.js")
    async def worker(request: Request) -> HTTPResponse:
        # A service worker may look after its own folder only, which has to be that of the page.
        return static_response(files["worker.js"], request)

    @chat.get("/static/<name:str>")
    async def static(request: Request, name: str) -> HTTPResponse:
        return static_response(files.get(name), request)

    return chat


def add_root(app: Any) -> None:
    """Add /widget.js, and lead from Rasa's own page at / to the patient page."""
    files = static_files()

    async def to_patient_page(request: Request) -> Optional[HTTPResponse]:
        return response.redirect("/chat/") if request.path == "/" else None

    async def widget(request: Request) -> HTTPResponse:
        answer = static_response(files["widget.js"], request)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    app.register_middleware(to_patient_page, "request")
    app.add_route(widget, "/widget.js", name="widget")


def filled(name: str, settings: Settings) -> str:
    """Return a page of the widget with the clinic's name, region and numbers filled in."""
    template = Template((WIDGET / name).read_text(encoding="utf-8"))
    return template.substitute(
        language=escape(settings.language),
        clinic=escape(settings.clinic.get("name") or "Your clinic"),
        region=escape(settings.region),
        maternity=escape(settings.clinic.get("maternity_number") or ""),
        call=escape(call_line(settings.region)),
        privacy=_privacy_link(settings.service.get("privacy_notice_url") or ""),
    )


def _privacy_link(address: str) -> str:
    if not address.startswith(("https://", "http://")):
        return ""
    return f'<p><a href="{escape(address)}">Privacy notice</a></p>'


def cors_headers(request: Request, allowed: Sequence[str]) -> Dict[str, str]:
    """Return the headers that let a page on an allowed origin use the chat; otherwise none."""
    origin = request.headers.get("origin", "")
    if origin not in allowed:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def is_foreign(request: Request, allowed: Sequence[str]) -> bool:
    """Return whether a browser says that a page on an origin not allowed sent the request."""
    if request.headers.get("sec-fetch-site", "none") not in ("cross-site", "same-site"):
        return False
    return request.headers.get("origin", "") not in allowed

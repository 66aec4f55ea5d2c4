"""What all pages of the desk share: templates, who is asking, and whether the request is allowed.

Every route asks ``Site.allowed`` or ``Site.form_of`` for a permission; there is no other way in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional
from urllib.parse import quote, urlsplit

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.desk import access, view
from bot.desk.roles import Permission
from bot.settings import Settings
from bot.triage.vocabulary import Level

FOLDER = Path(__file__).parent
COOKIE = "desk_session"


class SignInNeeded(Exception):
    """The request has no valid session."""


class Forbidden(Exception):
    """The request did not come from a form of this desk."""


class NotAllowed(Exception):
    """Whoever is signed in has no permission for this."""

    def __init__(self, nurse: access.Nurse) -> None:
        super().__init__(nurse.role)
        self.nurse = nurse


class Site:
    """The desk of one clinic, for the modules that hold its pages."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._templates = _templates(settings)

    def page(
        self,
        request: Request,
        template: str,
        nurse: Optional[access.Nurse] = None,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """Return a page made from a template."""
        values["nurse"] = nurse
        return self._templates.TemplateResponse(request, template, values, status_code=status)

    def not_found(self, request: Request, nurse: access.Nurse) -> Response:
        """Return the page for an alert that does not exist."""
        return self.page(request, "missing.html", nurse, 404)

    def nurse_of(self, request: Request) -> access.Nurse:
        """Return who is signed in. Raises SignInNeeded."""
        nurse = access.signed_in(self.settings, request.cookies.get(COOKIE))
        if nurse is None:
            raise SignInNeeded
        return nurse

    def allowed(self, permission: Permission) -> Callable[[Request], access.Nurse]:
        """Return a dependency that gives who is asking, if the role has the permission.

        It raises SignInNeeded or NotAllowed otherwise.
        """

        def check(request: Request) -> access.Nurse:
            nurse = self.nurse_of(request)
            if not nurse.may(permission):
                raise NotAllowed(nurse)
            return nurse

        return check

    def form_of(self, permission: Permission) -> Callable[..., access.Nurse]:
        """Return a dependency for what changes something: permission, own origin, form token.

        It raises SignInNeeded, NotAllowed or Forbidden otherwise.
        """
        allowed = self.allowed(permission)

        def check(
            request: Request, csrf: str = Form(""), nurse: access.Nurse = Depends(allowed)
        ) -> access.Nurse:
            self.check_form(request, csrf, nurse)
            return nurse

        return check

    @staticmethod
    def check_form(request: Request, csrf: str, nurse: access.Nurse) -> None:
        """Raise Forbidden unless the form is one of this desk and of this session."""
        check_origin(request)
        if not access.is_csrf_token(nurse, csrf):
            raise Forbidden

    def enter(self, request: Request, cookie: str, path: str = "") -> Response:
        """Return the answer that signs a browser in and sends it to ``path`` or its home page."""
        nurse = access.signed_in(self.settings, cookie)
        home = nurse.home if nurse else "/desk/sign-in"
        answer = RedirectResponse(path if is_own_path(path) else home, status_code=303)
        answer.set_cookie(
            COOKIE,
            cookie,
            max_age=int(access.LONGEST_SESSION.total_seconds()),
            path="/desk",
            httponly=True,
            samesite="strict",
            secure=is_encrypted(request, self.settings),
        )
        return answer

    def install_answers(self, app: FastAPI) -> None:
        """Register what the application answers when a request is not allowed."""
        app.add_exception_handler(SignInNeeded, _answer_sign_in_needed)
        app.add_exception_handler(Forbidden, _answer_forbidden)
        app.add_exception_handler(NotAllowed, self._answer_not_allowed)

    def _answer_not_allowed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, NotAllowed), "registered for this class only"
        if request.headers.get("x-desk-part"):
            return Response(status_code=403)
        return self.page(request, "not_allowed.html", error.nurse, 403)


def is_own_path(path: str) -> bool:
    """Return whether a path is a page of the desk, so that a link cannot send anyone elsewhere."""
    parts = urlsplit(path)
    is_plain = not parts.scheme and not parts.netloc and "\\" not in path and path.isprintable()
    return is_plain and path.startswith("/desk/alerts/")


def is_encrypted(request: Request, settings: Settings) -> bool:
    """Return whether the browser speaks HTTPS, to us or to the proxy that the settings name."""
    address = settings.service.get("desk_address") or ""
    return request.url.scheme == "https" or address.startswith("https://")


def check_origin(request: Request) -> None:
    """Raise Forbidden when a browser says that another site sent the request."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise Forbidden
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden


def _answer_sign_in_needed(request: Request, error: Exception) -> Response:
    """Send a browser to the sign-in page, and anything that asks for a part of a page a 401."""
    if request.headers.get("x-desk-part"):
        return Response(status_code=401)
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        # The cookie is SameSite=Strict, so a browser that follows a link from a mail leaves it
        # out. Loading the page once more from here, it brings the cookie along.
        return HTMLResponse(
            "<!doctype html><html lang=en><title>Nurse desk</title>"
            '<meta http-equiv="refresh" content="0"><p>Opening the nurse desk …</p></html>'
        )
    target = "/desk/sign-in"
    if request.method == "GET" and is_own_path(request.url.path):
        target += f"?then={quote(request.url.path)}"
    return RedirectResponse(target, status_code=303)


def _answer_forbidden(request: Request, error: Exception) -> Response:
    """Refuse a form that is not ours, or that is older than the session."""
    return HTMLResponse(
        "<!doctype html><html lang=en><title>Not done</title><main><h1>Not done</h1>"
        '<p>This form has expired. <a href="/desk">Open the queue</a> and try again.</p></main>',
        status_code=403,
    )


def _provider_name(settings: Settings) -> str:
    if not settings.openid.get("issuer"):
        return ""
    return settings.openid.get("name") or "the clinic's account"


def _templates(settings: Settings) -> Jinja2Templates:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        view=view,
        Level=Level,
        can=Permission,
        provider=_provider_name(settings),
        clinic=settings.clinic.get("name") or "Nurse desk",
    )
    return Jinja2Templates(env=environment)

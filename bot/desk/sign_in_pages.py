"""Signing in and out: by password, by the link that the start prints, by the clinic's provider."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.desk import access
from bot.desk.site import COOKIE, Site, check_origin


def add_routes(router: APIRouter, site: Site) -> None:
    """Add the routes of signing in and out."""
    settings = site.settings

    def form(request: Request, status: int = 200, **values: str) -> Response:
        values = {"error": "", "name": "", "then": "", **values}
        return site.page(request, "sign_in.html", None, status, **values)

    @router.get("/sign-in")
    def sign_in_page(request: Request, then: str = "") -> Response:
        return form(request, then=then)

    @router.post("/sign-in")
    def sign_in(
        request: Request, name: str = Form(""), password: str = Form(""), then: str = Form("")
    ) -> Response:
        check_origin(request)
        address = request.client.host if request.client else "unknown"
        try:
            cookie = access.sign_in(settings, name, password, address)
        except access.SignInRefused as refusal:
            return form(request, 403, error=str(refusal), name=name, then=then)
        return site.enter(request, cookie, then)

    @router.get("/local")
    def local(request: Request, token: str = "") -> Response:
        try:
            cookie = access.use_local_link(settings, token)
        except access.SignInRefused as refusal:
            return form(request, 403, error=str(refusal))
        return site.enter(request, cookie)

    @router.post("/sign-out")
    def sign_out(
        request: Request, csrf: str = Form(""), nurse: access.Nurse = Depends(site.nurse_of)
    ) -> Response:
        site.check_form(request, csrf, nurse)
        access.sign_out(settings, request.cookies[COOKIE])
        answer = RedirectResponse("/desk/sign-in", status_code=303)
        answer.delete_cookie(COOKIE, path="/desk")
        return answer

"""Accounts, for admins: add, give another role or password, remove."""

from __future__ import annotations

from typing import Callable

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.care import database
from bot.desk import access, accounts
from bot.desk.roles import ROLE_WORDS, Permission
from bot.desk.site import Site

PAGE = "/desk/accounts"


def add_routes(router: APIRouter, site: Site) -> None:
    """Add the page of accounts and its forms."""
    settings = site.settings
    may_see = Depends(site.allowed(Permission.MANAGE_ACCOUNTS))
    may_change = Depends(site.form_of(Permission.MANAGE_ACCOUNTS))

    def show(
        request: Request, nurse: access.Nurse, status: int = 200, problem: str = ""
    ) -> Response:
        with database.reading(settings) as session:
            found = accounts.list_accounts(session)
        values = {"accounts": found, "roles": ROLE_WORDS, "problem": problem}
        return site.page(request, "accounts.html", nurse, status, **values)

    def change(request: Request, nurse: access.Nurse, work: Callable[[], None]) -> Response:
        try:
            work()
        except (LookupError, ValueError) as error:
            return show(request, nurse, 409, str(error))
        return RedirectResponse(PAGE, status_code=303)

    @router.get("/accounts")
    def account_page(request: Request, nurse: access.Nurse = may_see) -> Response:
        return show(request, nurse)

    @router.post("/accounts")
    def add(
        request: Request,
        name: str = Form(""),
        password: str = Form(""),
        role: str = Form(""),
        nurse: access.Nurse = may_change,
    ) -> Response:
        return change(
            request,
            nurse,
            lambda: accounts.add_user(settings, name, password, role, by=nurse.name),
        )

    @router.post("/accounts/{account_id}/role")
    def role(
        request: Request, account_id: int, role: str = Form(""), nurse: access.Nurse = may_change
    ) -> Response:
        return change(
            request,
            nurse,
            lambda: accounts.change_role(settings, account_id, role, by=nurse.name),
        )

    @router.post("/accounts/{account_id}/password")
    def password(
        request: Request,
        account_id: int,
        password: str = Form(""),
        nurse: access.Nurse = may_change,
    ) -> Response:
        return change(
            request,
            nurse,
            lambda: accounts.change_password(settings, account_id, password, by=nurse.name),
        )

    @router.post("/accounts/{account_id}/remove")
    def remove(request: Request, account_id: int, nurse: access.Nurse = may_change) -> Response:
        return change(
            request,
            nurse,
            lambda: accounts.remove_account(settings, account_id, by=nurse.name),
        )

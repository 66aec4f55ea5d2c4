"""Single sign-on through the clinic's own provider (OpenID Connect), next to local accounts.

The provider proves who it is; ``openid.roles`` of the settings says what that person may do.
Without a role there is no entry, and a local account of the same name is never taken over.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any, Mapping, Optional

from authlib.common.errors import AuthlibBaseError

# The client that Authlib itself uses, whichever version of httpx it found.
from authlib.integrations.httpx_client.oauth2_client import httpx2 as http_client
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, Request
from fastapi.responses import Response
from joserfc.errors import JoseError

from bot.care import audit, database
from bot.care.notify import desk_address
from bot.desk import access
from bot.desk.accounts import find_account
from bot.desk.roles import ROLES
from bot.desk.site import Site, is_encrypted
from bot.encryption import EncryptionError, decrypt, encrypt
from bot.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

#: Holds state, nonce and code verifier while the browser is at the provider. Encrypted, because the
#: verifier is a secret. SameSite=Lax, because the way back comes from another site.
COOKIE = "desk_openid"
#: How long a nurse may take at the provider, in seconds.
LONGEST_SIGN_IN = 600
_PATH = "/desk/openid"


def add_routes(router: APIRouter, site: Site) -> None:
    """Add the way to the provider and back, if the settings name one. Raises SettingsError."""
    provider = site.settings.openid
    if not provider.get("issuer"):
        return
    check(provider)
    oauth = OAuth()
    oauth.register(
        "clinic",
        client_id=provider["client_id"],
        client_secret=provider.get("client_secret") or None,
        server_metadata_url=f"{provider['issuer'].rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": provider.get("scope") or "openid profile email",
            "code_challenge_method": "S256",
            "timeout": 10,
        },
    )

    def refused(request: Request, reason: str, status: int = 403) -> Response:
        values = {"error": reason, "name": "", "then": ""}
        return site.page(request, "sign_in.html", None, status, **values)

    def unreachable(request: Request, error: Exception) -> Response:
        logger.error("the sign-in provider failed (%s)", type(error).__name__)
        return refused(
            request, "The clinic's sign-in service does not answer. Use a local account.", 502
        )

    @router.get("/openid")
    async def leave(request: Request) -> Response:
        request.scope["session"] = {}
        try:
            answer: Response = await oauth.clinic.authorize_redirect(
                request, f"{desk_address(site.settings)}/openid/answer"
            )
        except (AuthlibBaseError, http_client.HTTPError, RuntimeError, ValueError) as error:
            return unreachable(request, error)
        flow = {"until": time.time() + LONGEST_SIGN_IN, "session": request.session}
        answer.set_cookie(
            COOKIE,
            encrypt(json.dumps(flow)),
            max_age=LONGEST_SIGN_IN,
            path=_PATH,
            httponly=True,
            samesite="lax",
            secure=is_encrypted(request, site.settings),
        )
        return answer

    @router.get("/openid/answer")
    async def come_back(request: Request) -> Response:
        session = _read_flow(request.cookies.get(COOKIE))
        if session is None:
            return refused(request, "This sign-in took too long, or began elsewhere. Try again.")
        request.scope["session"] = session
        try:
            token = await oauth.clinic.authorize_access_token(request)
        except http_client.HTTPError as error:
            return unreachable(request, error)
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
            logger.warning("a sign-in through the provider failed (%s)", type(error).__name__)
            return refused(request, "The clinic's sign-in service did not confirm who you are.")
        claims = token.get("userinfo") or {}
        try:
            cookie = await asyncio.to_thread(admit, site.settings, claims)
        except access.SignInRefused as refusal:
            answer = refused(request, str(refusal))
        else:
            answer = site.enter(request, cookie)
        answer.delete_cookie(COOKIE, path=_PATH)
        return answer


def check(provider: Mapping[str, Any]) -> None:
    """Raise SettingsError unless the settings of the provider can be used."""
    issuer = str(provider.get("issuer"))
    if not issuer.startswith("https://") and not issuer.startswith("http://127.0.0.1:"):
        raise SettingsError(f"openid.issuer is {issuer!r}; use an address with https://.")
    if not provider.get("client_id"):
        raise SettingsError("openid.client_id is empty; use the id that the provider gave you.")
    roles = provider.get("roles") or {}
    unknown = [role for role in roles.values() if role not in ROLES]
    if unknown or not roles:
        raise SettingsError(
            "openid.roles must map at least one value of the role claim to one of "
            f"{', '.join(ROLES)}" + (f", not to {unknown[0]!r}." if unknown else ".")
        )


def admit(settings: Settings, claims: Mapping[str, Any]) -> str:
    """Return the cookie of a new session for what the provider says of a person.

    Raises SignInRefused when the claims hold no usable name, no role of ours, or the name of a
    local account.
    """
    provider = settings.openid
    name = " ".join(
        str(claims.get(provider.get("name_claim") or "preferred_username") or "").split()
    )
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise access.SignInRefused("The clinic's sign-in service gave no name that can be used.")
    role = _role(provider, claims)
    with database.transaction(settings) as session:
        if role is None:
            problem = "Your account has no role at this desk. Ask whoever manages accounts."
        elif find_account(session, name) is not None:
            problem = "There is a local account with your name. An admin has to remove it first."
        else:
            return access.new_session(session, name, role, "signed in by provider")
        audit.record(session, actor="desk", action="sign-in refused", name=name)
    raise access.SignInRefused(problem)


def _role(provider: Mapping[str, Any], claims: Mapping[str, Any]) -> Optional[str]:
    given = claims.get(provider.get("role_claim") or "groups")
    values = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return next((role for name, role in provider["roles"].items() if name in values), None)


def _read_flow(cookie: Optional[str]) -> Optional[dict]:
    if not cookie:
        return None
    try:
        flow = json.loads(decrypt(cookie))
        return flow["session"] if flow["until"] > time.time() else None
    except (EncryptionError, ValueError, KeyError, TypeError) as error:
        logger.warning("the cookie of a sign-in cannot be read (%s)", type(error).__name__)
        return None

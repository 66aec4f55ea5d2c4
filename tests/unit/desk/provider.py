"""A small OpenID Connect provider on loopback: it signs in whoever ``claims`` says."""

import base64
import hashlib
import secrets
import threading
import time
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "desk-client", "desk-secret"


class Provider:
    """Runs in a thread. ``claims`` go into the id token; set ``key`` to sign with another one."""

    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        self.claims = {}
        self.key = self.published = RSAKey.generate_key(2048, parameters={"kid": "one"})
        self.codes = {}
        config = uvicorn.Config(self._app(), port=port, log_level="error", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *error):
        self.server.should_exit = True
        self.thread.join(10)

    def _app(self):
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def configuration():
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }

        @app.get("/keys")
        def keys():
            return {"keys": [self.published.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(request: Request):
            code = secrets.token_hex(8)
            self.codes[code] = dict(request.query_params)
            asked = request.query_params
            return RedirectResponse(
                f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )

        @app.post("/token")
        def token(request: Request, code: str = Form(), code_verifier: str = Form()):
            given = request.headers.get("authorization", "").removeprefix("Basic ")
            asked = self.codes.pop(code, None)
            digest = hashlib.sha256(code_verifier.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            known = base64.b64decode(given).decode() == f"{CLIENT}:{SECRET}"
            if not known or asked is None or asked["code_challenge"] != challenge:
                return JSONResponse({"error": "invalid_grant"}, 400)
            at = int(time.time())
            claims = {
                "iss": self.issuer,
                "aud": CLIENT,
                "sub": "7",
                "iat": at,
                "exp": at + 60,
                "nonce": asked.get("nonce"),
                **self.claims,
            }
            signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
            return {"access_token": "x", "token_type": "Bearer", "id_token": signed}

        return app

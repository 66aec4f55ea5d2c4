"""A key of its own for each run of the tests, so that none is written into the project's folder."""

import base64
import os
import secrets

os.environ.setdefault(
    "BOT_ENCRYPTION_KEY", base64.b64encode(secrets.token_bytes(32)).decode("ascii")
)

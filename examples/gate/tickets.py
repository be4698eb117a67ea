"""Makes tickets for a panel with its own sign-in: docs/gate.md, Tickets."""

import base64
import hashlib
import hmac
import json
import secrets
import time


def ticket_for(email, key):
    """A JWT that signs in the owner of this address, once and within half a minute."""
    claims = {"sub": email, "jti": secrets.token_urlsafe(16), "exp": int(time.time()) + 30}
    signed = b".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = hmac.new(key.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + encode(signature)).decode()


def encode(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=")

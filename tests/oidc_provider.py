"""A sign-in provider on 127.0.0.1 with real RS256 keys, which keeps the rules, or breaks the one a test asks it to break."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import hmac
import html
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from web.settings import ProviderSettings

CLIENT_ID, CLIENT_SECRET, NAME = "planner & co", "sécret:+/ %", "Hatherby Sign-in"


@functools.cache
def key_of(key_id):
    """A key made once for all tests."""
    return RSAKey.generate_key(2048, {"kid": key_id, "use": "sig"})


class OidcProvider:
    """Who is signed in there (``subject``, ``address``), and what is bent: the discovery document, claims, header, key, the whole answer."""

    def __init__(self):
        self.issuer = ""
        self.straighten()

    def straighten(self):
        """Bend nothing any longer."""
        self.subject, self.address = "s-1", "head@hatherby.example"
        self.document, self.claims, self.header = {}, {}, {}
        self.sign = self.signed
        self.listed = ["first"]
        self.answers: dict[str, tuple[int, bytes]] = {}  # path -> status and body to give in place of the right ones
        self.delay = 0.0
        self.codes: dict[str, dict] = {}
        self.asked: list[str] = []

    def settings(self):
        return ProviderSettings(issuer=self.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name=NAME)

    def discovery(self):
        at = self.issuer
        return {
            "issuer": at, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/keys",
            "end_session_endpoint": f"{at}/end", "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        } | self.document  # fmt: skip

    def visit(self, address):
        """What the person's browser is sent back with, once they are signed in at the provider."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT_ID, "S256")
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return asked["redirect_uri"], {"code": code, "state": asked["state"]}

    def claims_for(self, asked):
        now = int(time.time())
        return {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": self.subject, "email": self.address, "nonce": asked["nonce"],
            "iat": now, "exp": now + 300,
        } | self.claims  # fmt: skip

    def signed(self, claims):
        return jwt.encode({"alg": "RS256", "kid": "first"} | self.header, claims, key_of("first"))

    def token(self, form, authorization):
        """Spend a code: status and answer."""
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or pair != urlencode({CLIENT_ID: CLIENT_SECRET}).replace("=", ":"):
            return 400, {"error": "invalid_grant"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(self.claims_for(asked))}

    def answer(self, path, form, authorization):
        time.sleep(self.delay)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self.discovery()).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": [key_of(key_id).as_dict(private=False) for key_id in self.listed]}).encode()
        if path == "/token":
            status, answer = self.token(form, authorization)
            return status, json.dumps(answer).encode()
        return 404, b"{}"


def unsigned(claims, header=None):
    """A token with alg none and no signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none", "kid": "first"} | (header or {}), claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def signed_with_public_key(claims):
    """HS256, its secret the key that everybody may read; made by hand, for no good library would."""
    signing_input = unsigned(claims, {"alg": "HS256"}).removesuffix(".")
    mac = hmac.new(key_of("first").as_pem(private=False), signing_input.encode(), hashlib.sha256).digest()
    return f"{signing_input}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def signed_by_another(claims, key_id="first"):
    """A good signature by a key that is not the provider's."""
    return jwt.encode({"alg": "RS256", "kid": key_id}, claims, key_of("strange"))


def signature_bent(provider, claims):
    """One letter of what is signed is another."""
    header, _, signature = provider.signed(claims).split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "s-2"}).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


@contextlib.contextmanager
def an_oidc_provider():
    """A provider that answers until the end of the block."""
    provider = OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path).path
            if path == "/authorize":
                where, more = provider.visit(provider.issuer + self.path)
                return self.page(f'<a href="{html.escape(where)}?{html.escape(urlencode(more))}">Go on as Head</a>')
            if path == "/end":
                back = parse_qs(urlsplit(self.path).query)["post_logout_redirect_uri"][0]
                return self.page(f'<a href="{html.escape(back)}">Signed out: go back</a>')
            return self.give(*provider.answer(path, {}, ""))

        def do_POST(self):
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            self.give(*provider.answer(urlsplit(self.path).path, form, self.headers.get("Authorization", "")))

        def page(self, body):
            self.give(
                200, f"<!doctype html><html lang=en><title>Provider</title><main><h1>Provider</h1>{body}</main>".encode(), "text/html"
            )

        def give(self, status, body, kind="application/json"):
            provider.asked.append(urlsplit(self.path).path)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", body.decode())
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()

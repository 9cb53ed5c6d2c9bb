"""OpenID Connect, this service's side of it: send somebody to the provider, and read what it says of who came back. No pages here."""

from web.openid.endings import ProviderIsDown, SignInRefused
from web.openid.provider import Provider
from web.openid.tokens import Identity

__all__ = ["Identity", "Provider", "ProviderIsDown", "SignInRefused"]

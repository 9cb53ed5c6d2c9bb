"""Sign in through an OpenID Connect provider, where one is set: nothing of it is there otherwise."""

from web.provider.routes import blueprint

__all__ = ["blueprint"]

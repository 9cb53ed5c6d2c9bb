"""Look round what the partnership brought: schools and their need, money, services and people, bases, last year."""

from web.figures.routes import blueprint

__all__ = ["blueprint"]

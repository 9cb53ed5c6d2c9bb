"""Read the plan: counts first, then by school, service, base, standard and fund, and how good it is."""

from web.plans.routes import blueprint

__all__ = ["blueprint"]

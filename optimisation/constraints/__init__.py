"""One module a family of rules, one function a rule; ``optimisation.registry`` collects them."""

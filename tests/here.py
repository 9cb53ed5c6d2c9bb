"""A sandbox without a process of its own."""

from optimisation.trial import attempt, hold


class Here:
    """Asks trials in this process; opens other worlds as a ``Sandbox`` does."""

    def __init__(self, world):
        self.log = []
        self.open(world)

    def open(self, world):
        """Hold another world from now on."""
        self.world, self.held, self._since = world, hold(world), len(self.log)

    def ask(self, trial):
        """One trial's answer, kept."""
        self.log.append(attempt(self.held, trial))
        return self.log[-1]

    def log_of_world(self):
        """All that this world was asked."""
        return self.log[self._since :]

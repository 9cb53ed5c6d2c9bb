"""How a visit to the provider may fail. The words are for the log; pages have their own."""


class SignInRefused(Exception):
    """What came back does not prove who somebody is."""


class ProviderIsDown(Exception):
    """The provider does not answer, or answers what cannot be used."""

"""How amendments and rollbacks show up among the questions of the inbox."""


def register() -> None:
    pass

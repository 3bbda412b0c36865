"""Exceptions by zeal's names."""


class ZealError(Exception):
    pass


class NPlusOneError(ZealError):
    pass


class UnusedIgnoreError(ZealError):
    pass


class ZealConfigError(ZealError):
    pass

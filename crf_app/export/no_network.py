"""pyHanko without its HTTP clients: nothing that signs or judges paper can open a connection.

pyHanko imports a client for time stamps and one for revocation lists, and with them aiohttp, whether they are
used or not.  Here both names are taken before pyHanko is imported, so that a certificate that names an
address is never asked there, the first import is shorter, and the built program holds no network package.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

#: module of pyHanko → the classes that others import from it
CLIENTS: Final = {
    "pyhanko.sign.timestamps.aiohttp_client": ("HTTPTimeStamper", "AIOHttpTimeStamper"),
    "pyhanko_certvalidator.fetchers.aiohttp_fetchers": ("AIOHttpFetcherBackend",),
}


class NoConnection:
    """Stands where a client would stand; raises ConnectionError when somebody wants to use one."""

    def __init__(self, *_: object, **__: object) -> None:
        raise ConnectionError("this program opens no connection for a signature")


def keep_out() -> None:
    """Take the clients' names; one that is imported already stays as it is."""
    for name, classes in CLIENTS.items():
        module = ModuleType(name, NoConnection.__doc__)
        for one in classes:
            setattr(module, one, NoConnection)
        sys.modules.setdefault(name, module)

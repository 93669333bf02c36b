"""The only room with SQL: what is kept, and how it is read and written.

`opening` opens the store, `engine` gives transactions; `schema` names the tables; each other module has the
functions of one subject, which take an open `Transaction`::

    with store.write() as tx:
        take_in(tx, digest, now=now, ...)

A caller's `with` is the transaction: what must be kept together is written inside one. Deciding is
left to the rooms that call.
"""

from newsletter.store.engine import Store, Transaction, connect_store
from newsletter.store.opening import open_store

__all__ = ["Store", "Transaction", "connect_store", "open_store"]

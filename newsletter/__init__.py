"""A self-hosted publisher for a daily digest of research papers.

The rooms, in the one direction of imports (each imports only what stands left of it)::

    errors, model, shipped, config, markup, tokens
        → digests → keywords → render → feeds → site → store
        → delivery → bounces → daily → schedule → web → cli

`docs/architecture.md` tells the way of the data through them.
"""

__version__ = "0.1.0"

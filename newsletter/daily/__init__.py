"""The job itself. One `run` of it::

    read      every digest of the source; the latest must be fit to mail            (read)
      → edition   each digest not stored yet, or changed, becomes a revision         (read)
      → publish   pages and feeds of all editions: only what changed is written      (publish)
      → deliver   the latest edition, to whoever has not had it                      (mail)
      → report    what was planned, submitted, failed, skipped, unknown, pending     (report)

Run again it finds nothing to do: digests are compared by content, files by their bytes, deliveries
by the ledger. A digest that is missing, broken, empty, stale or held ends it before anything is
written, so the last good feeds stand and nobody is mailed.

After it the same for the week that is over: made of the papers of its days, published, delivered (`weeks`,
`weekly`). It hangs on the day only as far as the day's papers belong to it.

What it does not do: decide when (`schedule`), talk to a terminal or to HTTP (`cli`, `web`).
"""

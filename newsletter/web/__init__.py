"""The ASGI application: public/, and what only a program can answer::

    server ─▶ app ─┬▶ static          pages and feeds as `site/` wrote them
                   ├▶ health          does the store answer?
                   ├▶ unsubscribe  ┐
                   ├▶ preferences  ├─ personal links: the token is the whole authority
                   └▶ personal_feed┘

GET and HEAD change nothing, because mail scanners open every link; POST acts. Blocking calls run
in `threads`, so that the loop never waits for the store. What a page looks like is left to
`render/`, what a feed says to `feeds/`, what is kept to `store/`.
"""

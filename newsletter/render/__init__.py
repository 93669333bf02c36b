"""From an edition to bytes, pure: the mail of it, and the pages about it.

The mail is made in three steps, each cheaper than the one before, because each serves more people:

1. `mail.render_mail`: once an edition revision and language. Every paper at every rung, shell and
   all, goes through Jinja2 and premailer in one run and is split at markers into ready parts.
2. `layout.lay_out`: once a choice of papers. `budget` picks a rung for each paper; what depends on
   the choice (count, preheader, keywords of the day) is filled in.
3. `layout.fill_blanks`: once a reader. Only head and foot are filled; all cards are shared
   fragments whose base64 is made once.

The pages come from `pages`, one function a kind. What templates are told of a paper stands in
`views`; where templates come from and how their mistakes are reported, in `environment`; that they can
be used at all is tried in `proof`; the interface words stand in `words`.

Headers and messages are left to `delivery/`, files to `site/`, feeds to `feeds/`, answers over HTTP
to `web/`.
"""

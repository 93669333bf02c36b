"""Hands an edition over, so that nobody is lost.

`compose` makes each reader's message of what `render/` prepared, `dkim` signs it, `send` is the loop,
`desk` the one writer of its ledger, `retry` what an answer means, `limits` the pace, `transports/` the
adapters.
"""

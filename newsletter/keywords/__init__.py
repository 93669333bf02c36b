"""What a written keyword means: its normal form, its aliases, its address, and who chose it.

`normal` compares spellings, `slugs` gives each topic its address, `vocabulary` resolves what is
written to a `Keyword`, `choice` selects papers. Where the known keywords are kept is left to `store/`.
"""

from newsletter.keywords.choice import Choice, find_keyword, make_choice, select_papers
from newsletter.keywords.normal import normal_form, split_abbreviation
from newsletter.keywords.slugs import make_slug
from newsletter.keywords.vocabulary import PinnedKeyword, Vocabulary, load_aliases

__all__ = [
    "Choice",
    "PinnedKeyword",
    "Vocabulary",
    "find_keyword",
    "load_aliases",
    "make_choice",
    "make_slug",
    "normal_form",
    "select_papers",
    "split_abbreviation",
]

"""What a written keyword means: its normal form, its aliases, its address, and who chose it.

`normal` compares spellings, `slugs` gives each keyword its address, `groups` are the topics that the operator
and the package know, `topics` finds them in a text. `grounding` says by these alone what a paper is found
under, `vocabulary` resolves what is written with what the store knows too; `near_duplicates` says which may
be one, `choice` selects papers. Where the known keywords are kept is left to `store/`.
"""

from newsletter.keywords.choice import Choice, PaperIndex, find_keyword, make_choice, select_papers
from newsletter.keywords.grounding import NO_TOPICS, Topics
from newsletter.keywords.groups import Group, join_groups, read_groups, shipped_groups
from newsletter.keywords.normal import normal_form, split_abbreviation
from newsletter.keywords.slugs import make_slug
from newsletter.keywords.topics import TopicFinder
from newsletter.keywords.vocabulary import PinnedKeyword, Vocabulary

__all__ = [
    "NO_TOPICS",
    "Choice",
    "Group",
    "PaperIndex",
    "PinnedKeyword",
    "TopicFinder",
    "Topics",
    "Vocabulary",
    "find_keyword",
    "join_groups",
    "make_choice",
    "make_slug",
    "normal_form",
    "read_groups",
    "select_papers",
    "shipped_groups",
    "split_abbreviation",
]

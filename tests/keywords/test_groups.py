"""The groups of keywords.toml and of the package, and how they become one vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ConfigError
from newsletter.keywords import Group, join_groups, normal_form, read_groups, shipped_groups
from newsletter.keywords.groups import squeeze


def write(folder: Path, text: str) -> Path:
    path = folder / "keywords.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_group_is_a_list_of_spellings_or_a_table(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '"大语言模型" = ["LLM"]\n'
        '"在线强化学习" = { spellings = ["online RL"], broader = ["强化学习"], '
        'not_in = ["非在线强化学习"] }\n'
        '"强化学习" = []\n',
    )
    assert read_groups(path) == (
        Group("大语言模型", ("LLM",)),
        Group("在线强化学习", ("online RL",), ("强化学习",), ("非在线强化学习",)),
        Group("强化学习"),
    )


def test_a_missing_file_has_no_groups(tmp_path: Path) -> None:
    assert read_groups(tmp_path / "keywords.toml") == ()


def test_every_problem_is_told_at_once_with_file_and_group(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '"甲" = "LLM"\n'
        '"乙" = { spelling = ["b"], spellings = "b", broader = [1] }\n'
        '"丙" = { broader = ["丁"] }\n'
        '"丁" = { broader = ["丙"] }\n'
        '"戊" = ["X x", ""]\n'
        '"己" = { spellings = ["x X"], broader = ["nobody"] }\n',
    )
    with pytest.raises(ConfigError) as caught:
        read_groups(path)
    shape = (
        'a list of spellings: ["…", "…"], or a table: { spellings = ["…"], broader = ["…"], not_in = ["…"] }'
    )
    assert caught.value.problems == (
        f"{path}: '甲' must be {shape}",
        f"{path}: '乙' has no field 'spelling': there are spellings, broader, not_in",
        f'{path}: \'乙\' spellings must be a list: ["…", "…"]',
        f'{path}: \'乙\' broader must be a list: ["…", "…"]',
        f"{path}: '戊' has an empty spelling",
        f"{path}: 'x X' stands under '戊' and under '己'",
        f"{path}: '己' has the broader topic 'nobody', which is no group",
        f"{path}: '丙' is broader than itself: 丙 → 丁 → 丙",
    )


@pytest.mark.parametrize("text", ["= [", '"a" = ["b"]\n"a" = ["c"]\n'])
def test_what_is_no_toml_is_told_with_its_file(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=r"keywords\.toml: cannot be read: "):
        read_groups(path)


def test_bytes_that_are_no_utf_8_are_told(tmp_path: Path) -> None:
    path = tmp_path / "keywords.toml"
    path.write_bytes(b'"\xff" = []')
    with pytest.raises(ConfigError, match="cannot be read"):
        read_groups(path)


def test_a_broader_topic_may_be_a_shipped_one_by_any_of_its_names(tmp_path: Path) -> None:
    path = write(tmp_path, '"MCP" = { broader = ["tool use", "智能体"] }\n')
    with pytest.raises(ConfigError, match="no group"):
        read_groups(path)
    [own] = read_groups(path, shipped_groups("zh-CN"))
    joined = join_groups([own], shipped_groups("zh-CN"))
    assert joined[0] == Group("MCP", broader=("工具使用", "智能体"))


@pytest.mark.parametrize(
    ("language", "label"), [("zh-CN", "大语言模型"), ("zh", "大语言模型"), ("en", "large language model")]
)
def test_shipped_labels_are_of_the_language_of_the_newsletter(language: str, label: str) -> None:
    groups = {group.label: group for group in shipped_groups(language)}
    names = {normal_form(name) for name in groups[label].names}
    assert {"大语言模型", "大型语言模型", "llm", "large language model"} <= names
    assert all(broader in groups for group in groups.values() for broader in group.broader)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_spelling_is_in_two_shipped_groups(tmp_path: Path, language: str) -> None:
    owner: dict[str, str] = {}
    for group in shipped_groups(language):
        for name in group.names:
            assert owner.setdefault(squeeze(name), group.label) == group.label, name


def test_shipped_topics_are_broader_in_no_circle() -> None:
    broader = {group.label: set(group.broader) for group in shipped_groups("en")}
    while broader:
        tops = {label for label, labels in broader.items() if not labels & broader.keys()}
        assert tops, broader
        broader = {label: labels for label, labels in broader.items() if label not in tops}


SHIPPED = (
    Group("大语言模型", ("LLM", "large language model"), ("语言模型",), ("视觉大模型",)),
    Group("语言模型", ("language model",)),
    Group("扩散模型", ("diffusion model", "diffusion")),
)


def test_a_shipped_group_that_shares_a_name_is_taken_into_the_operators() -> None:
    joined = join_groups([Group("LLMs", ("llm",), ("AI",)), Group("AI")], SHIPPED)
    assert joined == (
        Group("LLMs", ("llm", "大语言模型", "large language model"), ("AI", "语言模型"), ("视觉大模型",)),
        Group("AI"),
        *SHIPPED[1:],
    )


def test_a_broader_topic_is_the_group_that_has_its_name_now() -> None:
    joined = join_groups([Group("LM", ("Language-Model",))], SHIPPED)
    assert joined[0] == Group("LM", ("Language-Model", "语言模型"))
    assert joined[1] == Group("大语言模型", ("LLM", "large language model"), ("LM",), ("视觉大模型",))


def test_of_a_shipped_group_that_two_of_the_operators_claim_the_rest_stays() -> None:
    joined = join_groups([Group("LLM"), Group("大语言模型")], SHIPPED)
    assert joined[:3] == (
        Group("LLM"),
        Group("大语言模型"),
        Group("large language model", (), ("语言模型",), ("视觉大模型",)),
    )
    assert len(join_groups([Group("language model"), Group("语言模型")], SHIPPED[1:2])) == 2


def test_a_group_that_takes_in_its_own_broader_topic_is_not_broader_than_itself() -> None:
    [joined] = join_groups([Group("模型", ("LLM", "language model"))], SHIPPED[:2])
    assert joined.broader == ()


words = st.lists(st.text(alphabet="abcAB- 强化", min_size=1, max_size=3), min_size=1, max_size=4)
vocabularies = st.lists(words, max_size=5)


def make_groups(named: list[list[str]]) -> list[Group]:
    """Groups of these names in which no name stands twice."""
    groups: list[Group] = []
    seen: set[str] = set()
    for names in named:
        mine = {squeeze(name) for name in names}
        if not mine & seen:
            seen |= mine
            groups.append(Group(names[0], tuple(names[1:]), broader=(named[0][0],)))
    return groups


@given(vocabularies, vocabularies)
def test_no_name_is_in_two_groups_and_none_of_the_operators_is_lost(
    ours: list[list[str]], theirs: list[list[str]]
) -> None:
    own, shipped = make_groups(ours), make_groups(theirs)
    joined = join_groups(own, shipped)
    owner: dict[str, str] = {}
    for group in joined:
        for name in {normal_form(name) for name in group.names}:
            assert name not in owner
            owner[name] = group.label
    for mine, now in zip(own, joined, strict=False):
        assert now.label == mine.label
        assert now.names[: len(mine.names)] == mine.names
    everything = {normal_form(name) for group in [*own, *shipped] for name in group.names}
    assert {squeeze(name) for name in owner} == {squeeze(name) for name in everything}
    assert all(group.label not in group.broader for group in joined)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_without_groups_of_the_operator_the_shipped_ones_stand_as_they_are(language: str) -> None:
    shipped = shipped_groups(language)
    assert join_groups([], shipped) == shipped

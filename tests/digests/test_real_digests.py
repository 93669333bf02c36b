"""The real digest the project exists for, read rightly; and the sample that ships."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from newsletter.digests import parse_digest, read_source
from newsletter.model import Digest
from newsletter.shipped import shipped_path
from tests.builders import DAY


@pytest.fixture(scope="module")
def real_text(shared_folder: Path) -> str:
    return (shared_folder / "digests/seed/2025-09-24.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def real_digest(real_text: str) -> Digest:
    return parse_digest(real_text.encode(), source="2025-09-24.md")


def test_every_paper_and_every_keyword_is_found(real_digest: Digest) -> None:
    assert (real_digest.date, len(real_digest.papers), real_digest.problems) == (DAY, 40, ())
    assert sum(len(paper.keywords) for paper in real_digest.papers) == 183


def test_the_first_twenty_papers_are_read_as_expected(real_digest: Digest, shared_folder: Path) -> None:
    expected = json.loads((shared_folder / "digests/expected/2025-09-24.papers-0-19.json").read_bytes())
    for wanted, paper in zip(expected, real_digest.papers[:20], strict=True):
        assert paper.title == wanted["title"]
        assert (paper.arxiv_id, paper.url) == (wanted["arxiv_id"], wanted["url"])
        assert list(paper.keywords) == wanted["keywords"]


def test_the_keywords_of_the_others_are_those_a_person_reads(real_digest: Digest) -> None:
    assert [" / ".join(paper.keywords) for paper in real_digest.papers[20:]] == [
        "嵌入维度 / 协同过滤模型 / 双峰现象 / 对数现象 / 噪声鲁棒性",
        "合成自举预训练 (SBP) / 语言模型预训练 / 文档间关联 / 合成语料库 / 贝叶斯解释",
        "交叉注意力 / 可解释性 / 语音到文本(S2T) / 特征归因",
        "像素级推理 / 对象指代 / 统一模型 / 对象记忆库 / 多模态大模型",
        "符号推理 / 强化学习环境 / 可验证奖励 / 程序化生成",
        "多模态大语言模型 / 车间协作自动驾驶 / 思维图 / 遮挡感知 / 规划感知预测",
        "AuditoryBench++ / 语言模型 / 听觉常识 / AIR-CoT / 知识注入",
        "大型语言模型 / 欺骗性推理 / 基准测试 / 内部思维链 / 安全对齐",
        "低秩适应 / 模型合并 / 核心空间 / 参数高效 / 神经网络",
        "机器人灵巧操作 / 数据收集 / 被动式外骨骼 / 人机交互 / 策略学习",
        "贝叶斯优化(BO) / 高斯过程(GP)核 / 大语言模型(LLM) / CAKE / BAKER",
        "大型语言模型 / 文化文本适应 / 特定文化项目 / 印度文化 / DIWALI数据集",
        "耳标 / 合成音频 / 数据集 / 心理声学 / 机器学习",
        "古希腊陶器 / 多模态大语言模型 (MLLM) / SFT-then-RL / VaseVQA / 奖励工程",
        "视觉问答 / 小型视觉语言模型 / 模型对齐器 / 知识迁移 / 无标签数据",
        "异构自适应策略优化 / token熵 / 自适应温度采样 / 差分优势再分配 / 非对称自适应裁剪",
        "自动化代码评审 / 大型语言模型 / 基准测试 / 端到端评估 / 多维度评估",
        "开源AI / 许可证漂移 / 许可证冲突 / 合规性 / LicenseRec",
        "进程奖励模型 / 蒙特卡洛标注 / 自去噪 / 噪声分布 / 鲁棒学习",
        "FocalCodec-Stream / 流式语音编码 / 因果蒸馏 / 焦点调制 / 低比特率",
    ]


def test_fifteen_papers_have_all_five_sections_and_the_others_one_line(real_digest: Digest) -> None:
    with_sections = {2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 23, 24}
    for position, paper in enumerate(real_digest.papers):
        sections = paper.sections
        marked = [sections.problem, sections.method, sections.results, sections.implications]
        assert all(marked) if position in with_sections else not any(marked), position
        assert sections.one_line.endswith("。")
        assert paper.summary.startswith(sections.one_line)


def test_the_last_characters_of_every_summary_and_all_between_are_kept(
    real_digest: Digest, real_text: str
) -> None:
    """The text holds each summary's words to the last one: nothing but list and labels is missing."""
    written = [line.removeprefix("summary:") for line in real_text.split("\n") if line.startswith("summary:")]
    for raw, paper in zip(written, real_digest.papers, strict=True):
        for sentence in re.split("。", paper.sections.method or paper.summary):
            assert "".join(sentence.split()) in "".join(raw.split())
        head, _, tail = "".join(raw.split()).partition("".join(paper.sections.one_line.split()))
        letters = len("".join(paper.keywords).replace(" ", ""))
        assert tail.endswith("".join(paper.summary.split())[-20:])
        assert letters <= len(head) <= letters + 60


def test_no_label_is_left_in_any_text(real_digest: Digest) -> None:
    for paper in real_digest.papers:
        assert not re.search(r"\*\*(核心关键词|Core|一句话|主要|关键方法|对AI)", paper.summary)


def test_the_sample_that_ships_is_the_latest_digest_of_its_folder_and_has_no_problems() -> None:
    reading = read_source(str(shipped_path("digests")), today=DAY)
    digest = reading.latest()
    assert (digest.date, len(digest.papers), digest.problems, reading.broken) == (DAY, 14, (), ())
    assert all(len(paper.keywords) >= 3 and paper.arxiv_id for paper in digest.papers)
    assert sum(bool(paper.sections.implications) for paper in digest.papers) == 6


def test_the_sample_shows_what_summaries_may_hold() -> None:
    text = (shipped_path("digests") / "2025-09-24.md").read_text(encoding="utf-8")
    for shape in (
        "**73.5%**的",
        "`[imagine]`",
        " 2.  **",
        "**核心关键词** ",
        "**核心关键词**： **",
        "**Core Keywords**: ",
    ):
        assert shape in text


def test_no_sentence_of_the_sample_comes_from_the_real_digest(real_text: str) -> None:
    sample = parse_digest((shipped_path("digests") / "2025-09-24.md").read_bytes(), source="2025-09-24.md")
    for paper in sample.papers:
        for sentence in re.split("[，。：；？]", paper.summary):
            assert len(sentence) < 16 or sentence not in real_text

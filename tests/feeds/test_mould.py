"""Elements written once and filled often."""

from __future__ import annotations

import pytest
from lxml import etree

from newsletter.feeds.mould import Mould, escape_attribute, escape_text, make_mould


def mould_of(xml: str, namespaces: dict[str | None, str] | None = None) -> Mould:
    root = etree.fromstring(xml)
    return make_mould(root, root, namespaces or {})


def fill(mould: Mould, **values: object) -> str:
    return mould.fill(values) + mould.closing  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["100 %", "%s %(title)s", "{title} {0} {rows.x}", ""])
def test_a_value_is_never_a_slot(value: str) -> None:
    mould = mould_of('<e a="50 %"><title>{title}</title><link href="{href}"/></e>')
    assert fill(mould, title=value, href=value) == (
        f'<e a="50 %"><title>{value}</title><link href="{value}"/></e>'
    )


def test_a_repeated_child_stands_once_for_each_row_and_in_its_place() -> None:
    mould = mould_of('<e><a>{a}</a><row x="{rows.x}">{rows.y}</row><b>{b}</b></e>')
    rows = [{"x": "1", "y": "one"}, {"x": "2", "y": "two"}]
    assert fill(mould, a="A", b="B", rows=rows) == (
        '<e><a>A</a><row x="1">one</row><row x="2">two</row><b>B</b></e>'
    )
    assert fill(mould, a="A", b="B", rows=[]) == "<e><a>A</a><b>B</b></e>"


def test_a_namespace_declared_around_is_not_declared_again() -> None:
    xml = '<e xmlns:x="urn:x"><x:child>{value}</x:child></e>'
    assert fill(mould_of(xml, {"x": "urn:x"}), value="1") == '<e xmlns:x="urn:x"><x:child>1</x:child></e>'


def test_what_is_escaped_is_read_as_it_was_written() -> None:
    text = "a < b & c > d \"e\" 'f' \r\n &amp;"
    xml = f"<e>{escape_text(text)}</e>"
    assert etree.fromstring(xml).text == text
    line = text.replace("\r\n", "")
    assert etree.fromstring(f'<e a="{escape_attribute(line)}"/>').get("a") == line

"""One process at a time delivers from a store, by whatever name it knows it."""

from __future__ import annotations

from pathlib import Path

from newsletter.store import connect_store
from newsletter.store.lock import hold_delivery_lock


def test_a_store_named_by_a_symbolic_link_has_the_lock_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "linked.db").symlink_to(tmp_path / "elsewhere" / "newsletter.db")
    file = connect_store(f"sqlite:///{tmp_path / 'elsewhere' / 'newsletter.db'}")
    link = connect_store(f"sqlite:///{tmp_path / 'linked.db'}")
    with hold_delivery_lock(file) as held, hold_delivery_lock(link) as second:
        assert (held, second) == (True, False)
    with hold_delivery_lock(link) as held:
        assert held
    file.close()
    link.close()


def test_a_store_in_a_linked_folder_has_the_lock_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    stores = [connect_store(f"sqlite:///{tmp_path / name / 'newsletter.db'}") for name in ("real", "linked")]
    with hold_delivery_lock(stores[0]) as held, hold_delivery_lock(stores[1]) as second:
        assert (held, second) == (True, False)
    for store in stores:
        store.close()

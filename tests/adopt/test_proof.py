from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.adopt.proof import Setting, code_directory, scratch

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_proof_writes_is_never_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    for name in (code_directory(), "agents"):
        (tmp_path / name).mkdir()
    with scratch(Setting(root=tmp_path, stack="dev", settings={})) as stack:
        assert not (stack.root / code_directory()).exists()
        assert (stack.root / "agents").resolve() == tmp_path / "agents"

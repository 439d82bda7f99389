"""What of an agent's directory is code: the same on every machine, and nothing that must not be packaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry import source
from agentry.errors import AgentCodeError


def write(directory: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return directory


def test_files_come_sorted_by_bytes_with_posix_paths(tmp_path: Path) -> None:
    write(tmp_path, {"b.py": "b", "Z.py": "z", "a/x.py": "x", "a.py": "a", "é.txt": "e"})
    assert list(source.read(tmp_path).files) == ["Z.py", "a.py", "a/x.py", "b.py", "é.txt"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("__pycache__/agent.cpython-311.pyc", "what an import leaves"),
        ("lib/__pycache__/x.pyc", "also further down"),
        ("old.pyc", "and outside of __pycache__"),
        (".git/config", "the repository's own"),
        (".gitignore", "says what is code, is none"),
        (".agentryignore", "likewise"),
        (".DS_Store", "a desktop's"),
        ("agent.egg-info/PKG-INFO", "a build's"),
        ("mlruns/0/meta.yaml", "what MLflow writes where it runs"),
        ("mlflow.db", "likewise"),
        ("env/pyvenv.cfg", "a virtual environment of any name"),
        ("env/lib/x.py", "and what is in it"),
    ],
)
def test_leftovers_are_no_code(tmp_path: Path, name: str, reason: str) -> None:
    write(tmp_path, {"agent.py": "", "env/pyvenv.cfg": "", name: "x"})
    assert list(source.read(tmp_path).files) == ["agent.py"], reason


@pytest.mark.parametrize(
    ("rules", "names", "kept", "reason"),
    [
        ("*.log\n", ["a.log", "d/b.log"], [], "a pattern without slash is for every depth"),
        ("/a.log\n", ["a.log", "d/a.log"], ["d/a.log"], "a leading slash is for this directory"),
        ("data/\n", ["data/x.csv", "d/data/y.csv"], [], "a directory, with all that is in it"),
        ("data/\n", ["d/data"], ["d/data"], "a file is no directory"),
        ("*.csv\n!keep.csv\n", ["a.csv", "keep.csv"], ["keep.csv"], "the last that matches wins"),
        ("# a comment\n\n\\#x\n", ["#x", "a"], ["a"], "comments and escapes"),
        ("d/**/x\n", ["d/x", "d/e/x", "d/e/f/x", "x"], ["x"], "two stars"),
        ("*.log\r\n", ["a.log"], [], "a CRLF checkout of the ignore file itself"),
        ("é.txt\n", ["é.txt", "e.txt"], ["e.txt"], "read as UTF-8 whatever the locale"),
    ],
)
@pytest.mark.parametrize("file", source.IGNORE_FILES)
def test_ignore_files_decide(
    tmp_path: Path, file: str, rules: str, names: list[str], kept: list[str], reason: str
) -> None:
    write(tmp_path, {file: rules, **dict.fromkeys(names, "x")})
    assert list(source.read(tmp_path).files) == kept, reason


def test_agentryignore_goes_over_gitignore_and_a_nested_one_over_both(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "*.txt", ".agentryignore": "!a.txt", "d/.gitignore": "!b.txt"})
    write(tmp_path, {"a.txt": "", "b.txt": "", "d/b.txt": "", "d/c.txt": ""})
    read = source.read(tmp_path)
    assert list(read.files) == ["a.txt", "d/b.txt"]
    assert read.ignored == {"b.txt": ".gitignore:1", "d/c.txt": ".gitignore:1"}


@pytest.mark.parametrize("marker", [".git", "Pulumi.yaml"])
def test_the_rules_of_the_repository_count(tmp_path: Path, marker: str) -> None:
    """Git ignores it there, so no other checkout has it: it must not be in the package of this one."""
    write(tmp_path, {".gitignore": "*.log", f"repo/{marker}": "", "repo/.gitignore": "/agents/x/scratch.py"})
    agent = write(tmp_path / "repo/agents/x", {"agent.py": "", "scratch.py": "", "a.log": ""})
    assert list(source.read(agent).files) == ["a.log", "agent.py"]


def test_rules_above_the_repository_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, {".git": "", ".gitignore": "*", "repo/.git": ""})
    agent = write(tmp_path / "repo/agents/x", {"agent.py": ""})
    assert list(source.read(agent).files) == ["agent.py"]


@pytest.mark.parametrize(
    "name", [".env", ".env.prod", "key.pem", "x.key", ".databrickscfg", ".netrc", "d/id_rsa", "A.PEM"]
)
def test_secrets_are_refused_by_name_unless_ignored(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"agent.py": "", name: "s3cret"})
    with pytest.raises(AgentCodeError) as refused:
        source.read(tmp_path, "agents/x")
    assert refused.value.where == f"agents/x/{name}"
    assert "s3cret" not in str(refused.value)
    write(tmp_path, {".agentryignore": name})
    assert list(source.read(tmp_path).files) == ["agent.py"]


def test_an_example_of_an_environment_file_is_code(tmp_path: Path) -> None:
    assert list(source.read(write(tmp_path, {".env.example": ""})).files) == [".env.example"]


def test_a_link_within_the_directory_is_packaged_as_what_it_points_to(tmp_path: Path) -> None:
    write(tmp_path, {"lib/a.py": "a"})
    (tmp_path / "b.py").symlink_to("lib/a.py")
    (tmp_path / "again").symlink_to("lib")
    assert source.read(tmp_path).files == {"again/a.py": b"a", "b.py": b"a", "lib/a.py": b"a"}


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("../outside.py", "out of the agent's directory"),
        ("..", "out of the agent's directory"),
        (".", "a directory that it is in"),
        ("missing.py", "No such file"),
        ("hidden.pem", "may read it"),
    ],
)
def test_a_link_that_can_not_be_packaged(tmp_path: Path, target: str, why: str) -> None:
    write(tmp_path, {"outside.py": "", "agent/.agentryignore": "hidden.pem", "agent/hidden.pem": ""})
    (tmp_path / "agent/link.py").symlink_to(target)
    with pytest.raises(AgentCodeError) as refused:
        source.read(tmp_path / "agent", "agent")
    assert refused.value.where == "agent/link.py"
    assert why in str(refused.value)


def test_links_that_lead_round_in_a_circle_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a/x.py": "", "c/y.py": ""})
    (tmp_path / "a/b").symlink_to("../c")
    (tmp_path / "c/d").symlink_to("../a")
    with pytest.raises(AgentCodeError, match="symbolic link"):
        source.read(tmp_path)


def test_a_directory_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real", {"agent.py": "x"})
    (tmp_path / "link").symlink_to("real")
    assert source.read(tmp_path / "link").files == {"agent.py": b"x"}


@pytest.mark.skipif(sys.platform == "darwin", reason="this file system takes UTF-8 names only")
def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py")).write_bytes(b"")
    with pytest.raises(AgentCodeError, match="not UTF-8"):
        source.read(tmp_path)


def test_names_are_composed_as_git_stores_them(tmp_path: Path) -> None:
    write(tmp_path, {"cafe\u0301.txt": "x"})
    assert list(source.read(tmp_path).files) == ["caf\u00e9.txt"]


def test_a_fifo_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AgentCodeError, match="neither a file nor a directory"):
        source.read(tmp_path)


def test_more_than_100_mb_is_refused_and_the_largest_named(tmp_path: Path) -> None:
    write(tmp_path, {"agent.py": ""})
    for name, size in (("small.bin", 30_000_000), ("large.bin", 70_000_001)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    with pytest.raises(AgentCodeError, match=r"the largest: large\.bin \(70 MB\), small\.bin"):
        source.read(tmp_path)
    (tmp_path / "large.bin").write_bytes(b"")
    assert len(source.read(tmp_path).files) == 3


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(AgentCodeError, match="no such directory") as refused:
        source.read(tmp_path / "weahter", "agents/weahter")
    assert refused.value.where == "agents/weahter"


@given(st.text(alphabet="ab\n\u00e9", max_size=40))
def test_text_is_the_same_from_a_crlf_checkout(text: str) -> None:
    data = text.encode()
    assert source.to_lf(data.replace(b"\n", b"\r\n")) == data


@given(st.binary(max_size=60))
def test_bytes_with_nul_or_not_utf8_are_untouched(data: bytes) -> None:
    for binary in (data + b"\0\r\n", b"\r\n\xff" + data):
        assert source.to_lf(binary) == binary


def test_a_lone_carriage_return_stays() -> None:
    assert source.to_lf(b"a\rb\r\nc") == b"a\rb\nc"


@pytest.mark.process
def test_git_agrees_on_what_is_ignored(tmp_path: Path) -> None:
    """The rules are read as git reads them: what `git ls-files` would add is what is packaged."""
    rules = "*.log\n!keep.log\n/top\nbuild/\n**/deep/*.txt\nd/*.md\n!d/x.md\n[ab].dat\nq?.dat\n"
    names = ["a.log", "keep.log", "top", "e/top", "build/x", "d/build/y", "f/deep/a.txt", "deep/b.txt", "d/x.md"]
    names += ["d/y.md", "d/e/z.md", "a.dat", "c.dat", "q1.dat", "q12.dat", "d/keep.log", "e/build"]
    write(tmp_path, {".gitignore": rules, **dict.fromkeys(names, "x")})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = ["git", "-c", "core.excludesFile=", "ls-files", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.split()
    assert list(source.read(tmp_path).files) == sorted(set(listed) - {".gitignore"})


def test_its_digest_is_of_name_paths_and_bytes() -> None:
    known = source.Source("agents/a", {"agent.py": b"1", "b.py": b""})
    assert known.digest() == source.Source("agents/a", {"agent.py": b"1", "b.py": b""}).digest()
    others = [
        source.Source("agents/b", {"agent.py": b"1", "b.py": b""}),
        source.Source("agents/a", {"agent.py": b"2", "b.py": b""}),
        source.Source("agents/a", {"agent.py": b"1", "c.py": b""}),
        source.Source("agents/a", {"agent.py": b"1b.py", "": b""}),
        source.Source("agents/a", {"agent.py": b"1", "b.py": b""}, {"c.py": ".gitignore:1"}),
    ]
    assert len({known.digest(), *(other.digest() for other in others)}) == 6

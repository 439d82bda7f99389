"""Files: paths that stay inside, presigned addresses, uploads in parts, and the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.clock import FakeClock
from agentry.sandbox.errors import AlreadyExists, InvalidParameter, PathNotFound, PermissionDenied
from agentry.sandbox.files.presigned import LIFETIME, Signer
from agentry.sandbox.files.tree import FileTree, split

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.inside import Inside

FS = "/api/2.0/fs"
ROOT = "/Volumes/local/agents/box"


@given(path=st.text(alphabet=st.sampled_from("ab./\\ %\0")))
def test_no_path_leads_out_of_the_tree(path: str) -> None:
    try:
        parts = split(path)
    except InvalidParameter:
        return
    assert not {".", "..", ""} & set(parts)
    assert all("/" not in part and "\0" not in part for part in parts)


def test_names_of_models_are_read_in_any_case() -> None:
    assert split("/Models/Main/AI/Weather/1/MLmodel") == ("Models", "main", "ai", "weather", "1", "MLmodel")
    assert split("/Volumes/Main/x") == ("Volumes", "Main", "x")


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    tree = FileTree(tmp_path)
    with tree.writing("/a/b", overwrite=False) as file:
        file.write(b"first")

    def fail() -> None:
        with tree.writing("/a/b", overwrite=True) as file:
            file.write(b"half")
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        fail()
    assert tree.locate("/a/b").read_bytes() == b"first"
    assert list((tmp_path / ".partial").iterdir()) == []


def test_what_can_not_be_written_is_said(tmp_path: Path) -> None:
    tree = FileTree(tmp_path)
    with tree.writing("/a/b", overwrite=False):
        pass
    with pytest.raises(AlreadyExists), tree.writing("/a/b", overwrite=False):
        pass
    with pytest.raises(InvalidParameter, match="is a directory"), tree.writing("/a", overwrite=True):
        pass
    with pytest.raises(InvalidParameter, match="goes through a file"), tree.writing("/a/b/c", overwrite=True):
        pass
    with pytest.raises(AlreadyExists, match="A file exists"):
        tree.make_directory("/a/b")


def test_an_address_allows_one_method_for_a_while() -> None:
    clock = FakeClock()
    signer = Signer("key", clock)
    token = signer.url("http://x", "GET", "/a/b c.txt").split("/")[-2]
    assert signer.open(token, "GET").path == "/a/b c.txt"
    with pytest.raises(PermissionDenied):
        signer.open(token, "PUT")
    clock.advance(LIFETIME)
    with pytest.raises(PermissionDenied):
        signer.open(token, "GET")


@given(st.data())
def test_an_address_that_was_changed_allows_nothing(data: st.DataObject) -> None:
    signer = Signer("key", FakeClock())
    token = signer.url("http://x", "GET", "/a").split("/")[-2]
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != token[at]))
    with pytest.raises(PermissionDenied):
        signer.open(token[:at] + other + token[at + 1 :], "GET")


@pytest.fixture
async def box(inside: Inside) -> Inside:
    """A volume that the deployer reads and writes."""
    body = {"name": "box", "catalog_name": "local", "schema_name": "agents"}
    await inside.done("admin", "POST", "/api/2.1/unity-catalog/volumes", body)
    await inside.grant("VOLUME", "local.agents.box", "deployer@sandbox.example", "READ_VOLUME", "WRITE_VOLUME")
    return inside


async def test_a_file_is_put_listed_read_and_removed(box: Inside) -> None:
    await box.done("deployer", "PUT", f"{FS}/files{ROOT}/d/a b.txt", b"hello")
    head = await box.call("deployer", "HEAD", f"{FS}/files{ROOT}/d/a b.txt")
    assert (head.status, head.headers["content-length"]) == (200, "5")
    assert head.headers["last-modified"]
    got = await box.call("deployer", "GET", f"{FS}/files{ROOT}/d/a b.txt")
    assert (got.content, got.headers["content-type"]) == (b"hello", "application/octet-stream")
    listed = await box.done("deployer", "GET", f"{FS}/directories{ROOT}/d/")
    assert [(e["path"], e["file_size"]) for e in listed["contents"]] == [(f"{ROOT}/d/a b.txt", 5)]
    assert (await box.call("deployer", "DELETE", f"{FS}/files{ROOT}/d/a b.txt")).status == 204
    assert (await box.call("deployer", "HEAD", f"{FS}/files{ROOT}/d/a b.txt")).status == 404


async def test_a_file_is_overwritten_only_when_asked(box: Inside) -> None:
    await box.done("deployer", "PUT", f"{FS}/files{ROOT}/a", b"1")
    refused = await box.refused("deployer", "PUT", f"{FS}/files{ROOT}/a", b"2")
    assert refused == f"ALREADY_EXISTS: The file being created already exists: {ROOT}/a"
    await box.done("deployer", "PUT", f"{FS}/files{ROOT}/a", b"2", overwrite="true")
    assert (await box.call("deployer", "GET", f"{FS}/files{ROOT}/a")).content == b"2"


async def test_directories(box: Inside) -> None:
    await box.done("deployer", "PUT", f"{FS}/directories{ROOT}/x/y")
    assert (await box.call("deployer", "HEAD", f"{FS}/directories{ROOT}/x")).status == 200
    assert (await box.call("deployer", "HEAD", f"{FS}/directories{ROOT}/z")).status == 404
    assert "DIRECTORY_NOT_EMPTY" in await box.refused("deployer", "DELETE", f"{FS}/directories{ROOT}/x")
    await box.done("deployer", "DELETE", f"{FS}/directories{ROOT}/x/y")
    listed = await box.done("deployer", "GET", f"{FS}/directories{ROOT}/x")
    assert listed == {"contents": []}


async def test_long_directories_come_in_pages(box: Inside) -> None:
    for number in range(5):
        await box.done("deployer", "PUT", f"{FS}/files{ROOT}/n/{number}", b"x")
    names: list[str] = []
    token = ""
    for _ in range(3):
        page = await box.done("deployer", "GET", f"{FS}/directories{ROOT}/n", page_size=2, page_token=token)
        names += [entry["name"] for entry in page["contents"]]
        token = page.get("next_page_token", "")
    assert (names, token) == (["0", "1", "2", "3", "4"], "")


@pytest.mark.parametrize("in_body", [True, False], ids=["path in the body", "path in the query"])
async def test_presigned_addresses_need_no_token(box: Inside, in_body: bool) -> None:
    where = {"path": f"{ROOT}/a b.txt"}
    body, query = (where, {}) if in_body else (None, where)
    up = await box.done("deployer", "POST", f"{FS}/create-upload-url", body, **query)
    assert (await box.http.put(up["url"], content=b"hello")).status_code == 200
    down = await box.done("deployer", "POST", f"{FS}/create-download-url", body, **query)
    assert (await box.http.get(down["url"])).content == b"hello"
    part = await box.http.get(down["url"], headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"ell")
    assert (await box.http.put(down["url"], content=b"x")).status_code == 403


async def test_an_upload_in_parts(box: Inside) -> None:
    path = f"{ROOT}/big"
    begun = await box.done("deployer", "POST", f"{FS}/files{path}", action="initiate-upload")
    session = begun["multipart_upload"]["session_token"]
    wanted = {"path": path, "session_token": session, "start_part_number": 1, "count": 2}
    urls = (await box.done("deployer", "POST", f"{FS}/create-upload-part-urls", wanted))["upload_part_urls"]
    # The second part arrives first.
    etags = {}
    for url, content in zip(reversed(urls), (b"world", b"hello "), strict=True):
        etags[url["part_number"]] = (await box.http.put(url["url"], content=content)).headers["etag"]
    parts = [{"part_number": number, "etag": etag} for number, etag in etags.items()]
    query = {"action": "complete-upload", "upload_type": "multipart", "session_token": session}
    wrong = await box.refused("deployer", "POST", f"{FS}/files{path}", {"parts": [{**parts[0], "etag": "x"}]}, **query)
    assert wrong.startswith("INVALID_PARAMETER_VALUE: Part 2 was not uploaded")
    await box.done("deployer", "POST", f"{FS}/files{path}", {"parts": parts}, **query)
    assert (await box.call("deployer", "GET", f"{FS}/files{path}")).content == b"hello world"
    assert (await box.refused("deployer", "POST", f"{FS}/files{path}", {"parts": parts}, **query)).startswith(
        "NOT_FOUND"
    )


async def test_an_upload_in_parts_is_given_up(box: Inside) -> None:
    path = f"{ROOT}/big"
    begun = await box.done("deployer", "POST", f"{FS}/files{path}", action="initiate-upload")
    body = {"path": path, "session_token": begun["multipart_upload"]["session_token"]}
    abort = await box.done("deployer", "POST", f"{FS}/create-abort-upload-url", body)
    assert (await box.http.delete(abort["abort_upload_url"]["url"])).status_code == 200
    assert list((box.state.settings.directory / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("method", "path", "lacking"),
    [
        ("GET", f"{FS}/files{ROOT}/a", "READ VOLUME"),
        ("HEAD", f"{FS}/directories{ROOT}", ""),
        ("PUT", f"{FS}/files{ROOT}/a", "WRITE VOLUME"),
        ("DELETE", f"{FS}/files{ROOT}/a", "WRITE VOLUME"),
        ("POST", f"{FS}/create-download-url?path={ROOT}/a", "READ VOLUME"),
        ("POST", f"{FS}/create-upload-url?path={ROOT}/a", "WRITE VOLUME"),
    ],
)
async def test_a_volume_is_closed_to_others(box: Inside, method: str, path: str, lacking: str) -> None:
    await box.grant("CATALOG", "local", "asker@sandbox.example", "USE_CATALOG", "USE_SCHEMA")
    answer = await box.call("asker", method, path)
    assert answer.status == 403
    if lacking:
        assert answer.body["message"].startswith(f"User does not have {lacking} on Volume 'local.agents.box'.")


@pytest.mark.parametrize("path", ["/etc/passwd", "/Volumes/local/agents/none/x", "/Models/a/b/c/1/x", "/.partial", ""])
async def test_what_belongs_to_nobody_does_not_exist(inside: Inside, path: str) -> None:
    assert (await inside.refused("admin", "GET", f"{FS}/files{path or '/'}")).startswith("NOT_FOUND")


async def test_a_path_upwards_is_refused(box: Inside) -> None:
    refused = await box.refused("deployer", "GET", f"{FS}/files{ROOT}/%2e%2e/%2e%2e/sandbox.db")
    assert refused == "INVALID_PARAMETER_VALUE: '..' can not be part of a path"
    with pytest.raises(PathNotFound):
        box.state.tree.entries("/Volumes/none")

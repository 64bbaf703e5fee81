"""What the tabs write into the page: whatever comes from outside stands there as text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from model_lab.errors import BadAudio
from model_lab.ui.jobs import Job
from model_lab.ui.server_context import ServerContext
from model_lab.ui.tabs import _jobs

EVIL = "<img src=x onerror=alert(1)>\"'></script><script>alert(2)</script>&amp;"


class Tags(HTMLParser):
    """All elements of a piece of HTML with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def harmless(text: str) -> Tags:
    tags = Tags(text)
    for tag, attributes in tags.found:
        assert tag not in ("script", "img") and not any(name.startswith("on") for name in attributes), text
        assert not (attributes.get("href") or attributes.get("src") or "").lower().startswith(("javascript:", "data:", "//"))
    return tags


def test_what_went_wrong_is_text() -> None:
    harmless(_jobs.problem(EVIL))


@pytest.mark.parametrize("end", ["failed", "stopped", "done"])
def test_a_job_is_text(context: ServerContext, end: str) -> None:
    def work(job: Job) -> None:
        job.say(EVIL)
        job.progress(EVIL, 1, 2)
        shown.append(_jobs.status(context, job))
        if end == "failed":
            raise BadAudio(EVIL)
        if end == "stopped":
            job.stop()
            job.cancel.raise_if_cancelled()

    shown: list[str] = []
    job = context.jobs.add("x", EVIL, work)
    assert job.join(30.0) and job.state == end
    for text in (*shown, _jobs.status(context, job)):
        harmless(text)
    assert "<progress" in shown[0] and "alert(1)" in shown[0]


def test_files_of_any_name_are_links_within_the_server(context: ServerContext) -> None:
    names = [EVIL.replace("/", "_"), "javascript:alert(1).html", "a b#c?d.html", "//x.html", "\u202e.html"]
    for name in names:
        path = context.pages / name.lstrip("/")
        links = harmless(_jobs.downloads([context.address(path)]) + _jobs.frame(context, path, EVIL)).found
        addresses = {attributes.get("href") or attributes.get("src") for _, attributes in links} - {None}
        assert addresses == {context.address(path)} and context.address(path).startswith("/pages/")

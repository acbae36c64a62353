"""What somebody is told at one moment, byte for byte, to be held against what they are told after something."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from service.api.database import _now
from service.web import answering, page_answers


@contextmanager
def frozen(application: FastAPI, at: datetime) -> Iterator[None]:
    """Meanwhile it is asked at one and the same moment, later than all that is recorded."""

    class AtThatMoment(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return at.astimezone(tz)

    settings = application.state.settings
    application.state.settings = settings.model_copy(update={"clock_tolerance_s": 3_600})
    application.dependency_overrides[_now] = lambda: at
    with pytest.MonkeyPatch.context() as patched:
        for module in (answering, page_answers):
            patched.setattr(module, "datetime", AtThatMoment)
        yield
    del application.dependency_overrides[_now]
    application.state.settings = settings


def told(api: httpx.Client, paths: list[str]) -> dict[str, tuple[int, dict[str, str], bytes]]:
    """What is answered, byte for byte; of a list of pages, each page."""
    answers = {}
    todo = list(paths)
    while todo:
        path = todo.pop()
        answer = api.get(path)
        headers = {name: value for name, value in answer.headers.items() if name != "date"}
        # A page signs new links whenever it is shown.
        body = re.sub(rb"/a/[\w-]{20,}", b"/a/-", answer.content)
        answers[path] = (answer.status_code, headers, body)
        if "limit=1" in path and answer.status_code == 200 and (after := answer.json()["next"]):
            todo.append(f"{path.partition('&')[0]}&{httpx.QueryParams(after=after)}")
    return answers

"""Fixtures for tests that need a model provider; the root conftest imports them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from grading.gateways import llm
from grading.gateways.llm import LanguageModel
from grading.tests.stub_provider import StubProvider

STUB_KEY = "sk-stub-key-0123456789"


@pytest.fixture(scope="session")
def running_provider() -> Iterator[StubProvider]:
    with StubProvider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: StubProvider) -> StubProvider:
    """A stub provider that answers well until told otherwise, with an empty log."""
    running_provider.reset()
    return running_provider


@pytest.fixture
def language_model(provider: StubProvider) -> LanguageModel:
    """The real gateway, pointed at the stub."""
    return LanguageModel(api_base=provider.url, api_key=STUB_KEY, timeout_seconds=2)


@pytest.fixture(scope="session")
def await_(running_provider: StubProvider) -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """Run a coroutine on one event loop that lives as long as the session, as workers do."""

    async def waited(awaitable: Awaitable[Any]) -> Any:
        return await awaitable

    with asyncio.Runner() as runner:
        yield lambda awaitable: runner.run(waited(awaitable))
        runner.run(llm.close())

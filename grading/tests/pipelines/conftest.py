from grading.tests.fixtures_provider import (  # noqa: F401
    await_,
    language_model,
    provider,
    running_provider,
)

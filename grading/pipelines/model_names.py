"""Whether the model that answered is the one that was asked."""

import re

# What providers hang on a name for one fixed release: -2026-03-01, -20260301, -0613, -latest.
_RELEASE = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|\d{3,8}|latest|preview)\Z")


def is_same_model(requested: str, answered: str) -> bool:
    """Compare names without the provider's prefix, the variant and the release behind them."""
    return _bare(requested) == _bare(answered)


def _bare(name: str) -> str:
    bare = name.lower().rsplit("/", 1)[-1].partition(":")[0]
    return _RELEASE.sub("", bare)

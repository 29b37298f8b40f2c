"""Static files with hashed names where they were collected, plain names in a fresh checkout."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class CheckoutStaticFilesStorage(CompressedManifestStaticFilesStorage):
    # A page in a checkout that has not run collectstatic still finds its files.
    manifest_strict = False

    def hashed_name(self, name: str, content: object = None, filename: str | None = None) -> str:
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:
            if content is not None:
                raise
            return name

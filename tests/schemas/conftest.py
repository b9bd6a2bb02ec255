"""Settings of the tests of the contracts."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from schemas import batches
from tests.schemas.builders import SMALL

settings.register_profile("contracts", deadline=None)
settings.load_profile("contracts")


@pytest.fixture(autouse=True, scope="package")
def batches_are_large_early() -> Iterator[None]:
    """Decoding by column begins at fewer records than it pays, so that tests need fewer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "SMALL", SMALL)
        yield

import pytest

from regions.office import jobs


@pytest.fixture
def heart():
    """The worker's mark at the broker, taken away again."""
    jobs.broker().delete(jobs.HEARTBEAT_KEY)
    yield lambda: jobs.broker().set(jobs.HEARTBEAT_KEY, 1, ex=20)
    jobs.broker().delete(jobs.HEARTBEAT_KEY)

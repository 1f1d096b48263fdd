"""Each caller has a minute's requests at once, and then as many as are refilled."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from server.errors import ApiError
from server.rate_limits import Buckets


class Clock:
    at_s = 0.0

    def __call__(self):
        return self.at_s


@pytest.fixture
def clock():
    return Clock()


def taken(buckets, caller, per_minute, tries):
    count = 0
    for _ in range(tries):
        try:
            buckets.take(caller, per_minute)
        except ApiError:
            continue
        count += 1
    return count


def test_a_minutes_requests_go_at_once_and_no_more(clock):
    assert taken(Buckets(clock), "a", per_minute=5, tries=20) == 5


def test_it_refills_steadily_and_never_above_a_minutes_requests(clock):
    buckets = Buckets(clock)
    taken(buckets, "a", 6, tries=6)
    clock.at_s = 25.0  # 2.5 tokens
    assert taken(buckets, "a", 6, tries=20) == 2
    clock.at_s = 3600.0
    assert taken(buckets, "a", 6, tries=20) == 6


def test_callers_do_not_share(clock):
    buckets = Buckets(clock)
    assert taken(buckets, "a", 3, tries=9) == taken(buckets, "b", 3, tries=9) == 3


@pytest.mark.parametrize("per_minute", [1, 7, 60, 6000])
def test_retry_after_is_long_enough(clock, per_minute):
    buckets = Buckets(clock)
    taken(buckets, "a", per_minute, tries=per_minute)
    with pytest.raises(ApiError) as refused:
        buckets.take("a", per_minute)
    assert refused.value.status == 429
    clock.at_s += int(refused.value.headers["Retry-After"])
    buckets.take("a", per_minute)

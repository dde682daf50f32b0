"""What waits is bounded, the oldest goes first, and every snapshot is counted once."""

from threading import Thread

from mouse.client.outbox import Outbox, Stats
from mouse.client.snapshot import Snapshot, take_snapshot
from tests.mouse.client.batches import NBYTES as SIZE
from tests.mouse.client.batches import numbered


def snapshot(step: int) -> Snapshot:
    return take_snapshot(*numbered(), step=step, configs={}, metrics={}, max_sequences=None)


def steps(outbox: Outbox) -> list[int]:
    """What is in it, taken out and sent."""
    found: list[int] = []
    outbox_left = outbox.stats.queued
    while len(found) < outbox_left:
        taken = outbox.take()
        assert taken
        found.append(taken.fields["step"])
        outbox.done(10)
    return found


def test_the_oldest_makes_room_and_the_order_stays() -> None:
    outbox = Outbox(3 * SIZE)
    assert [outbox.put(snapshot(step)) for step in range(5)] == [True, True, True, False, False]
    assert outbox.stats == Stats(pushed=5, dropped=2, queued=3)
    assert steps(outbox) == [2, 3, 4]
    assert outbox.stats == Stats(pushed=5, dropped=2, sent=3, bytes=30)


def test_the_newest_stays_even_if_it_is_larger_than_all_there_is_room_for() -> None:
    outbox = Outbox(SIZE - 1)
    assert [outbox.put(snapshot(step)) for step in range(2)] == [True, False]
    assert steps(outbox) == [1]


def test_what_is_on_its_way_is_queued_and_never_dropped() -> None:
    outbox = Outbox(SIZE)
    outbox.put(snapshot(0))
    first = outbox.take()
    assert first
    outbox.put(snapshot(1))
    outbox.put(snapshot(2))
    assert (first.fields["step"], outbox.stats) == (0, Stats(pushed=3, dropped=1, queued=2))
    outbox.done(None)
    outbox.refuse()
    assert outbox.stats == Stats(pushed=4, dropped=1, refused=2, queued=1)


def test_who_takes_waits_for_the_next() -> None:
    outbox = Outbox(SIZE)
    taken: list[int] = []

    def take() -> None:
        found = outbox.take()
        assert found
        taken.append(found.fields["step"])

    thread = Thread(target=take)
    thread.start()
    outbox.put(snapshot(7))
    thread.join(60)
    assert taken == [7]


def test_closing_waits_until_everything_is_sent() -> None:
    outbox = Outbox(10 * SIZE)
    for step in range(3):
        outbox.put(snapshot(step))

    def work() -> None:
        while outbox.take():
            outbox.done(1)

    thread = Thread(target=work)
    thread.start()
    assert outbox.close(60) == 0
    thread.join(60)
    assert not thread.is_alive()
    assert outbox.stats == Stats(pushed=3, sent=3, bytes=3)


def test_what_is_left_when_the_time_is_up_is_dropped_and_nothing_is_counted_twice() -> None:
    outbox = Outbox(10 * SIZE)
    for step in range(3):
        outbox.put(snapshot(step))
    assert outbox.take()
    assert outbox.pause(0), "there is time"
    assert outbox.close(0) == 3
    assert not outbox.pause(60), "no time is left, and nobody waits for it"
    outbox.done(5)
    assert outbox.put(snapshot(3)) is False
    assert outbox.take() is None
    assert outbox.stats == Stats(pushed=4, dropped=4)

import unittest

from market.sink.offsets import Available, Reason, Start, Stored, decide_start


class DecideStart(unittest.TestCase):
    def check(self, stored: Stored | None, available: Available, offset: int, skipped: int, reason: Reason) -> None:
        self.assertEqual(decide_start(stored, available), Start(offset, skipped, reason))

    def test_where_it_was(self) -> None:
        self.check(Stored(7, 0, "a"), Available(0, 10, "a"), 7, 0, Reason.STORED)

    def test_at_either_end(self) -> None:
        self.check(Stored(10), Available(0, 10), 10, 0, Reason.STORED)
        self.check(Stored(4), Available(4, 10), 4, 0, Reason.STORED)

    def test_nothing_stored(self) -> None:
        self.check(None, Available(0, 10), 0, 0, Reason.NEW)
        self.check(None, Available(6, 10), 6, 6, Reason.NEW)

    def test_trimmed(self) -> None:
        self.check(Stored(3, 5), Available(9, 20), 9, 6, Reason.TRIMMED)
        self.check(Stored(3), Available(9, 9), 9, 6, Reason.TRIMMED)

    def test_ends_before(self) -> None:
        self.check(Stored(30), Available(0, 20), 0, 0, Reason.TRUNCATED)
        self.check(Stored(30), Available(5, 20), 5, 5, Reason.TRUNCATED)

    def test_another_topic_of_the_same_name_even_when_the_offset_fits(self) -> None:
        self.check(Stored(7, 0, "a"), Available(0, 100, "b"), 0, 0, Reason.RECREATED)

    def test_ids_that_are_unknown_say_nothing(self) -> None:
        self.check(Stored(7, 0, None), Available(0, 100, "b"), 7, 0, Reason.STORED)
        self.check(Stored(7, 0, "a"), Available(0, 100, None), 7, 0, Reason.STORED)

    def test_only_a_lost_topic_hides_something(self) -> None:
        hidden = {reason for reason in Reason if Start(0, 0, reason).lost_sight}
        self.assertEqual(hidden, {Reason.TRUNCATED, Reason.RECREATED})

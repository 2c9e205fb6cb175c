"""Who gets which file."""

from .work_queue import WorkQueue

FILES = {"a": 1, "b": 2, "c": 3}


def test_whoever_is_free_gets_the_next_file() -> None:
    queue = WorkQueue(FILES)
    assert queue.take("x") == ("a", 1)
    assert queue.take("y") == ("b", 2)
    assert queue.finished("y") == "b"
    assert queue.take("y") == ("c", 3)
    assert queue.take("x") is None  # through with a
    assert not queue.over  # c is under way, and may come back
    assert queue.finished("y") == "c"
    assert queue.finished("y") is None
    assert queue.over


def test_a_file_given_back_is_the_next_one() -> None:
    queue = WorkQueue(FILES)
    queue.take("x")
    queue.take("y")
    assert queue.give_back("x") == "a"
    assert queue.give_back("x") is None
    assert queue.waiting == ["a", "c"]
    assert queue.take("y") == ("a", 1)


def test_a_file_costs_two_boards_and_no_more() -> None:
    queue = WorkQueue(FILES)
    for board in "xy":
        assert queue.take(board) == ("a", 1)
        assert queue.give_back(board) == "a"
    assert queue.fatal == [("a", ("x", "y"))]
    assert queue.take("z") == ("b", 2)
    assert queue.give_back("z") == "b"
    assert queue.fatal == [("a", ("x", "y"))]
    assert queue.waiting == ["b", "c"]


def test_files_that_are_alike_cost_boards_each_for_itself() -> None:
    queue = WorkQueue({"a": 0, "b": 0})
    for board in "xy":
        queue.take(board)
    assert queue.give_back("x") == "a" and queue.give_back("y") == "b"
    assert queue.fatal == [] and queue.waiting == ["b", "a"]

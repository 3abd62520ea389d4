import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A suite of its own in a folder of its own, with our hooks."""
    pytester.makeconftest(
        """
        import pytest
        from tests.conftest import pytest_addoption, pytest_configure, kills
        from tests.conftest import pytest_collection_modifyitems
        """
    )
    pytester.makepyfile(
        test_faults="""
        import pytest

        @pytest.mark.fault(1)
        def test_good(): pass

        @pytest.mark.fault(2)
        @pytest.mark.parametrize("right", [True, False])
        def test_one_case_is_bad(right): assert right

        @pytest.mark.fault(3)
        def test_skipped(): pytest.skip("cannot")

        @pytest.mark.fault(4)
        @pytest.mark.long
        def test_long(): pass

        @pytest.mark.fault(4)
        def test_short(): pass

        @pytest.mark.fault(5)
        @pytest.mark.fault(1)
        def test_of_two_faults(): pass

        @pytest.fixture
        def bad_end():
            yield
            raise OSError("left behind")

        @pytest.mark.fault(6)
        def test_with_a_bad_end(bad_end): pass
        """,
        test_kills="""
        def test_rounds(kills):
            kills.record(True, "seed 1")
            kills.record(False, "seed 2")
        """,
    )
    return pytester


def closing_lines(suite: pytest.Pytester, *arguments: str) -> list[str]:
    output = suite.runpytest_inprocess("-p", "no:cacheprovider", *arguments).outlines
    return [line for line in output if line.startswith(("faults passed", "kills survived"))]


@pytest.mark.parametrize(
    "order",
    ["-pno:randomly", "--randomly-seed=2", "--numprocesses=2"],
    ids=["as is", "random", "two processes"],
)
def test_a_fault_has_passed_when_all_of_its_tests_have(suite, order):
    assert closing_lines(suite, order, "test_faults.py", "test_kills.py") == [
        "faults passed: 3 / 6 (not: 2, 3, 6)",
        "kills survived: 1 / 2 (not: seed 2)",
    ]


@pytest.mark.parametrize(
    "arguments, lines",
    [
        (("test_kills.py",), ["kills survived: 1 / 2 (not: seed 2)"]),
        (("test_faults.py", "-k", "good"), ["faults passed: 1 / 1"]),
        (("test_faults.py::test_one_case_is_bad[True]",), ["faults passed: 1 / 1"]),
        (("test_faults.py", "--long", "-k", "long or short"), ["faults passed: 1 / 1"]),
    ],
    ids=["no fault", "by word", "by name", "long"],
)
def test_a_part_of_the_suite_counts_what_it_has(suite, arguments, lines):
    assert closing_lines(suite, *arguments) == lines


def test_the_whole_suite_counts_against_all_faults_and_writes_its_lines_down(suite):
    suite.makeini("[pytest]\ntestpaths = .")
    (faults, kills) = closing_lines(suite, "--closing-lines=lines.txt")
    assert faults.startswith("faults passed: 3 / 58 (not: 2, 3, 6, 7, ")
    assert (suite.path / "lines.txt").read_text().splitlines() == [faults, kills]

from tests.closing_lines import ALL_FAULTS
from tests.integration.faults.answers import FAULTS
from tests.integration.faults.table import README, WHAT, marked_tests, with_table


def test_the_table_says_what_the_marks_say():
    """If not: python -m tests.integration.faults.table"""
    page = README.read_text(encoding="utf-8")
    assert page == with_table(page)


def test_each_fault_has_a_name_and_a_test():
    assert WHAT.keys() == ALL_FAULTS
    assert marked_tests().keys() == ALL_FAULTS


def test_each_scripted_fault_has_a_name_of_its_own_and_is_on_the_list():
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    assert {fault.number for fault in FAULTS} <= ALL_FAULTS

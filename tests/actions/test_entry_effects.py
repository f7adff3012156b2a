"""What one entry did besides: calculated values of the same transaction, and the record before it."""

from datetime import timedelta

from crf_app.actions.enter_data import enter_value
from crf_app.actions.entry_effects import entry_effects
from crf_app.actions.history import history
from crf_app.model.keys import FormKey, ItemKey


def test_the_values_calculated_with_an_entry_are_told(session, clock, new_subject):
    nurse = session("nurse")
    key = FormKey(new_subject(nurse), "SE.V1", "F.VS")
    weight = ItemKey(key, "IG.VS", "I.VS.WEIGHT")
    enter_value(nurse, ItemKey(key, "IG.VS", "I.VS.HEIGHT"), "160")
    enter_value(nurse, weight, "64.0")
    clock.at += timedelta(seconds=1)
    enter_value(nurse, weight, "62.0", reason="made up")
    entered, corrected = history(nurse, weight)
    first, second = (entry_effects(nurse, weight, one).effects for one in (entered, corrected))
    assert [(one.item.en, one.old, one.new) for one in first] == [("Body mass index", "", "25.0")]
    assert [(one.item.en, one.old, one.new) for one in second] == [("Body mass index", "25.0", "24.2")]


def test_the_record_before_is_that_of_the_chain_not_of_the_value(session, new_subject):
    nurse = session("nurse")
    key = FormKey(new_subject(nurse), "SE.V1", "F.VS")
    pulse, temp = (ItemKey(key, "IG.VS", f"I.VS.{one}") for one in ("PULSE", "TEMP"))
    enter_value(nurse, pulse, "70")
    enter_value(nurse, temp, "36.8")
    assert entry_effects(nurse, temp, history(nurse, temp)[0]).before == history(nurse, pulse)[0].id
    assert entry_effects(nurse, temp, history(nurse, temp)[0]).effects == ()

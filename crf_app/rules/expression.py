"""Conditions and methods of a study: compiled, type-checked and put in order when the study loads.

`compile_study` gives Rules or one DefinitionError that lists every mistake: a check never fails silently.
Names are described in `environment.py`, functions in `functions.py`; evaluation is in `form_state.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from crf_app.model.definition import Study
from crf_app.model.definition_text import Place, Problem
from crf_app.model.item_def import ItemDef
from crf_app.model.load import refusal
from crf_app.rules.compiler import Compiler
from crf_app.rules.environment import Name, build, names_of
from crf_app.rules.form_rules import Check, FormCompiler, FormRules
from crf_app.rules.hints import RuleProblem
from crf_app.rules.order import evaluation_order
from crf_app.rules.subject_facts import FactReader, fact_readers
from crf_app.rules.subject_status import SubjectRules, compile_subject_rules

__all__ = ["Check", "FormRules", "Readers", "Rules", "compile_study"]


@dataclass(frozen=True)
class Readers:
    """Forms whose rules read an item: in its own visit, as an earlier visit's value, or wherever it stands.

    `subject`: as a subject fact, as the baseline, or in a list of rows or visits.
    """

    visit: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rules:
    """The compiled rules of a study, one FormRules for each form, and those about subjects."""

    study: Study
    forms: Mapping[str, FormRules]
    names: Mapping[str, Name]
    readers: Mapping[str, Readers]
    subject: SubjectRules = field(default_factory=SubjectRules)

    def forms_reading(self, item_oid: str) -> Readers:
        """Which forms may change when this item changes."""
        return self.readers.get(item_oid, Readers())

    @cached_property
    def read_outside(self) -> frozenset[str]:
        """OIDs of items that another form, another visit, a subject fact or a visit's place may depend on."""
        study = self.study
        forms = {oid for rules in self.forms.values() for oid in rules.forms_read}
        earlier = {variable for rules in self.forms.values() for variable in rules.previous_read}
        found = {*_placing(study), *(oid for fact in study.subject_facts for oid in (fact.item, *fact.also))}
        found |= {oid for form in study.form if form.oid in forms for oid in form.items}
        found |= {oid for rules in self.forms.values() for oid in rules.columns_read}
        found |= {f"I.{one}" for rules in self.forms.values() for one in rules.baseline_read}
        # the sample of a form decides its reference ranges, also those of another visit's results
        samples = [(form.sample_date, form.laboratory) for form in study.form]
        found |= {oid for pair in samples for oid in pair if oid is not None}
        wide = (name for rules in self.forms.values() for name in rules.names if name.place == "study")
        found |= {name.item.oid for name in wide if name.item}
        return frozenset(found | {f"I.{variable}" for variable in earlier})

    @cached_property
    def asking_what_is_missing(self) -> frozenset[str]:
        """OIDs of forms whose rules read which forms of the visit nobody has begun."""
        return frozenset(
            oid
            for oid, rules in self.forms.items()
            if any(name.name.endswith("event.MISSING") for name in rules.names)
        )

    @cached_property
    def fact_readers(self) -> Mapping[str, FactReader]:
        """subject fact → where it is read."""
        return fact_readers(self.study)

    @cached_property
    def items(self) -> Mapping[str, ItemDef]:
        """variable → ItemDef of the whole study."""
        return {item.variable: item for form in self.study.form for item in form.items.values()}


def compile_study(study: Study, places: Mapping[str, Place] | None = None) -> Rules:
    """The compiled rules.

    `places`: OID → file and line, as the loader gives them.  Raises DefinitionError whose
    `details["problems"]` lists every mistake of every rule as a dict of Problem.  Imports CEL.
    """
    names = names_of(study)
    compiler = Compiler(build(names), names, study.code_lists)
    compiled = [FormCompiler(compiler, study, form).compile() for form in study.form]
    order = evaluation_order(study, compiled, compiler)
    subject = compile_subject_rules(compiler, study)
    if compiler.problems:
        raise refusal(_located(problem, places or {}) for problem in compiler.problems)
    forms = {rules.form.oid: replace(rules, order=order[rules.form.oid]) for rules in compiled}
    return Rules(study, forms, names, _readers(study, forms), subject)


def _readers(study: Study, forms: Mapping[str, FormRules]) -> dict[str, Readers]:
    """item OID → the forms that read it."""
    visit: dict[str, set[str]] = {}
    later: dict[str, set[str]] = {}
    subject: dict[str, set[str]] = {}
    facts = {fact.name: (fact.item, *fact.also) for fact in study.subject_facts}
    for oid, rules in forms.items():
        for link in rules.links:
            # a row that comes or goes is told with all its items: the first one is enough
            subject.setdefault(_first_item(study, link).oid, set()).add(oid)
        for name in rules.names:
            last = name.name.rpartition(".")[2]
            if name.kind in ("flag", "uln", "grade"):
                for source in _deciding_range(study, name, facts):
                    subject.setdefault(source, set()).add(oid)
            if "subject." in name.name:
                for source in facts.get("ARM" if last == "DOSE" else last, ()):
                    subject.setdefault(source, set()).add(oid)
            elif "event." in name.name and last in ("MISSING", "NEXT"):
                for source in _placing(study):
                    subject.setdefault(source, set()).add(oid)
            elif name.kind in ("rows", "visits"):
                for item in rules.columns_read:
                    subject.setdefault(item, set()).add(oid)
                for source in _placing(study) if name.kind == "visits" else ():
                    subject.setdefault(source, set()).add(oid)
            elif name.item is not None and (name.place == "base" or name.kind == "grade"):
                subject.setdefault(name.item.oid, set()).add(oid)
            elif "event." in name.name and last in ("DAY", "OUTSIDE"):
                for source in _placing(study):
                    visit.setdefault(source, set()).add(oid)
                for source in facts.get("DAY1", ()):
                    subject.setdefault(source, set()).add(oid)
            elif name.item is not None:
                (later if name.place == "prev" else visit).setdefault(name.item.oid, set()).add(oid)
    found = visit.keys() | later.keys() | subject.keys()
    return {
        oid: Readers(
            frozenset(visit.get(oid, ())), frozenset(later.get(oid, ())), frozenset(subject.get(oid, ()))
        )
        for oid in found
    }


def _placing(study: Study) -> tuple[str, ...]:
    """OIDs of the items that say when a visit was, and whether it was."""
    return tuple(oid for oid in (study.visit_date, study.visit_occurred) if oid is not None)


def _first_item(study: Study, name: Name) -> ItemDef:
    """The first item of the group whose rows a list holds."""
    return next(one.item[0] for one in study.forms[name.form].item_group if one.oid == name.group)


def _deciding_range(study: Study, name: Name, facts: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """OIDs of the items that decide which reference range stands: of whom the result is, where and when."""
    form = study.forms[name.form]
    yield from (oid for oid in (form.sample_date, form.laboratory) if oid is not None)
    for fact in ("SEX", "BIRTH", "AGE"):
        yield from facts.get(fact, ())


def _located(problem: RuleProblem, places: Mapping[str, Place]) -> Problem:
    place = places.get(problem.oid, Place("", 0))
    return Problem(
        file=place.file,
        line=place.line,
        oid=problem.oid,
        message=problem.message.en,
        message_zh=problem.message.zh,
        hint=problem.hint.en,
        hint_zh=problem.hint.zh,
    )

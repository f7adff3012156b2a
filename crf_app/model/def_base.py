"""What every piece of a definition is made of: strictness, words in languages, names elsewhere.

What an imported file says and this program does not read or run is kept here too, to be given back.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Oid = Annotated[str, StringConstraints(pattern=r"^[A-Z]+\.[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$", max_length=80)]
Number = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]
#: S abstract, R registry, P paper, T published standard, A assumption (study facts' evidence codes)
Source = Annotated[
    str, StringConstraints(pattern=r"^(S|R|P|A|T(\d+[a-e]?|\*)?)([,+; ]+(S|R|P|A|T(\d+[a-e]?|\*)?))*$")
]


class Def(BaseModel):
    """A frozen, strict piece of a definition."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,), defer_build=True)


class Translation(Def):
    """Words in a language that the program itself does not speak; `lang` as in xml:lang."""

    lang: str
    text: str


class Text(Def):
    """The same words in every language of the study.

    `other`: languages of an imported study beside English and Chinese, kept and given back.
    """

    en: str
    zh: str
    other: tuple[Translation, ...] = ()

    def in_language(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(language, words) of the two languages that the program speaks."""
        return (("en", self.en), ("zh", self.zh))


class Alias(Def):
    context: str
    name: str


class NotRun(Def):
    """A rule in another language than ours: kept as text, shown and marked "not run", never run.

    `use`: what it would decide; `context`: the name of its language, as the file gives it.
    """

    use: Literal["collect_when", "mandatory_when", "method", "check", "default"]
    context: str
    expression: str
    message: Text | None = None
    odm_oid: str | None = None


class Foreign(Def):
    """A piece of an imported file that this program does not read: given back on export where it stood.

    `at`: the kind and OID of the element it stood in ("ItemDef", "IT.AGE"), empty for the file's root.
    `xml`: an element, or for `kind` "attribute" its value; `name` is in Clark notation, {namespace}local.
    """

    odm: Literal["1.3.2", "2.0"]
    at: tuple[str, str]
    kind: Literal["element", "attribute"]
    name: str
    xml: str

"""Findings put into words: title, brief, caption and labels, composed of measured facts and of nothing else. Pure functions.

A number of people is always those in view at once; what is neither surely a person nor surely a vehicle is an unidentified moving object;
age, gender, mood and place are never guessed. Who was recognised is called by name in brief and title, and beside the noun in the caption;
events and objects keep the noun, as in the published sample of an answer of IMS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from engines.endpoint import clean
from engines.imaging import Probe
from engines.understanding import phrases
from engines.understanding.facts import SAID_FROM, UNIDENTIFIED, Findings, Subject
from engines.understanding.moments import distinct, left_behind, moments, subject_acts
from engines.understanding.types import Description, MediaKind, Moment

_TITLE = 80
_ACTS = 6
_WAYS = 3
_SINGLE_ACTS = 5
_NAME = 64
_TEXTS, _TEXT_LENGTH = 6, 60


def describe(findings: Findings, kind: MediaKind, probe: Probe, engine: str, cannot_see: tuple[str, ...]) -> Description:
    plain = moments(findings) if kind == "video" else ()
    by_name, by_noun_and_name = _calling(findings, "{1}"), _calling(findings, "{0} ({1})")
    told = moments(by_noun_and_name) if kind == "video" else ()
    clauses = _clauses(by_name, kind)
    main = "; ".join(clauses[:2]) if clauses else _nothing(findings, kind)
    return Description(
        title=phrases.shortened(_sentence(_headline(by_name, clauses, main), by_name).rstrip("."), _TITLE),
        brief=_sentence(main, by_name),
        caption=" ".join(phrases.sentence(words) for words in _sentences(by_noun_and_name, kind, told)),
        events=distinct(plain),
        objects=_objects(findings),
        actions=_actions(findings, plain),
        human=_has(findings, "person"),
        vehicle=_has(findings, "vehicle"),
        pet=_has(findings, "pet"),
        package=any(left.confidence >= SAID_FROM for left in findings.left),
        moments=told,
        texts=tuple(text.text for text in findings.texts),
        width=probe.width,
        height=probe.height,
        seconds=probe.seconds,
        engine=engine,
        cannot_see=cannot_see,
        notes=findings.notes,
    )


def _calling(findings: Findings, pattern: str) -> Findings:
    """With those who were recognised called as in `pattern`, of their description {0} and their name {1}."""
    subjects = [
        replace(each, called=pattern.format(phrases.name(each), name))
        if each.likeness and (name := clean(each.likeness.name, _NAME))
        else each
        for each in findings.subjects
    ]
    return replace(findings, subjects=tuple(subjects))


def _sentence(words: str, by_name: Findings) -> str:
    """A name keeps its first letter as it is."""
    names = tuple(each.called for each in by_name.subjects if each.called)
    return words[:1] + phrases.sentence(words)[1:] if words.startswith(names) else phrases.sentence(words)


def _headline(findings: Findings, clauses: Sequence[str], main: str) -> str:
    """The first clause; of somebody alone only the main act, without the coming and the going."""
    said = _said(findings)
    if len(said) == 1 and (does := phrases.doing(said[0])):
        return f"{phrases.name(said[0])} {does}"
    return clauses[0] if clauses else main


def _said(findings: Findings) -> list[Subject]:
    return [subject for subject in findings.subjects if subject.confidence >= SAID_FROM]


def _has(findings: Findings, category: str) -> bool:
    return any(subject.category == category for subject in _said(findings))


def _clauses(findings: Findings, kind: MediaKind) -> list[str]:
    """What is to be said, the most telling first, each able to stand as a sentence."""
    if findings.page_of_text and not findings.subjects:
        return [f"a page of text: {_quoted(findings, 0, 1)}"]
    groups = _groups(findings)
    people = groups.pop("person", [])
    unidentified = groups.pop(UNIDENTIFIED, [])
    clauses = [_known(subjects, kind) for subjects in _called(findings).values()]
    known = bool(clauses)
    clauses += [_group("person", people, findings, kind)] if people else []
    clauses += [left_behind(left) for left in findings.left]
    moving = [word for word, subjects in groups.items() if any(subject.moves or subject.category != "thing" for subject in subjects)]
    clauses += [_group(word, groups[word], findings, kind) for word in moving]
    things = [phrases.counted(word, findings.at_once.get(word, 1)) for word in groups if word not in moving]
    if things:
        clauses.append(phrases.listed(things) + _are_in_view(kind, findings, [word for word in groups if word not in moving]))
    if unidentified and not (known or people or moving):
        clauses.append(_group(UNIDENTIFIED, unidentified, findings, kind))
    if findings.texts:
        clauses.append(f"text that reads {_quoted(findings, 0, 1)}")
    return clauses


def _groups(findings: Findings) -> dict[str, list[Subject]]:
    groups: dict[str, list[Subject]] = {}
    for subject in _said(findings):
        if not subject.called:
            groups.setdefault(subject.word, []).append(subject)
    return groups


def _called(findings: Findings) -> dict[str, list[Subject]]:
    """Those who were recognised, by what they are called: who was lost from sight and found again is one."""
    groups: dict[str, list[Subject]] = {}
    for subject in _said(findings):
        if subject.called and subject.likeness:
            groups.setdefault(subject.likeness.name, []).append(subject)
    return groups


def _are_in_view(kind: MediaKind, findings: Findings, words: Sequence[str]) -> str:
    if kind != "video":
        return ""
    return " is in view" if len(words) == 1 and findings.at_once.get(words[0], 1) == 1 else " are in view"


def _group(word: str, subjects: Sequence[Subject], findings: Findings, kind: MediaKind) -> str:
    count = max(1, findings.at_once.get(word, 1))
    if kind != "video":
        return _still_group(word, subjects, count)
    if len(subjects) == 1:
        return _single(subjects[0])
    who = _how_many(word, count)
    ways = Counter[str]()
    for subject in subjects:
        does = phrases.doing(subject)
        if does and subject.track is not None:
            ways[does] += max(1, round(subject.track.seconds))
    doing = [_plural_verb(does) if count > 1 else does for does, _ in ways.most_common(_WAYS)]
    return f"{who} {_factored(doing)}" if doing else f"{who} {'are' if count > 1 else 'is'} in view"


def _how_many(word: str, count: int) -> str:
    """Of what is not known it is not known either which parts of it are one: a curtain in the wind is seen as several."""
    if word == UNIDENTIFIED:
        return phrases.plural(word) if count > 1 else phrases.article(word)
    return f"up to {phrases.counted(word, count)}" if count > 1 else f"{phrases.counted(word, 1)} at a time"


def _known(subjects: Sequence[Subject], kind: MediaKind) -> str:
    if kind == "video":
        return _single(*subjects)
    facing = any(subject.facing for subject in subjects)
    return f"{phrases.name(subjects[0])} is seen{' facing the camera' if facing else ''}"


def _single(*tracks: Subject) -> str:
    """All that one does, in the order of doing it; of somebody who was lost from sight and recognised again there are several tracks."""
    each = [sorted(subject_acts(track), key=lambda act: (_rank(act.does), act.start)) for track in tracks]
    acts = list(dict.fromkeys(act.does for acts in each for act in acts))
    if len(acts) > 1:
        acts = [does for does in acts if does != "is in view"]
    return f"{phrases.name(tracks[0])} {phrases.listed(acts[:_SINGLE_ACTS]) if acts else 'is in view'}"


def _rank(does: str) -> int:
    return 0 if does.startswith("enters") else 2 if does.startswith("leaves") else 1


def _plural_verb(does: str) -> str:
    verb, _, rest = does.partition(" ")
    return f"{verb.removesuffix('s')} {rest}".rstrip()


def _factored(doing: Sequence[str]) -> str:
    """ "walk to the left and to the right" for two acts with one verb."""
    parts: list[str] = []
    last = ""
    for does in sorted(doing, key=lambda each: doing.index(next(other for other in doing if other.split(" ")[0] == each.split(" ")[0]))):
        verb, _, rest = does.partition(" ")
        parts.append(rest if verb == last and rest else does)
        last = verb
    return phrases.listed(parts)


def _still_group(word: str, subjects: Sequence[Subject], count: int) -> str:
    facing = sum(subject.facing for subject in subjects)
    if count == 1:
        return phrases.name(subjects[0]) + (
            " and facing the camera" if facing and subjects[0].colour else " facing the camera" if facing else ""
        )
    words = phrases.counted(word, count)
    if facing:
        words += f", {'all' if facing == count else phrases.number(facing)} of them facing the camera"
    colours = list(dict.fromkeys(subject.colour for subject in subjects if subject.colour))
    return words + (f", wearing {phrases.listed(colours)}" if colours else "")


def _nothing(findings: Findings, kind: MediaKind) -> str:
    """What can still be said truly where nothing was recognised."""
    look = findings.look
    if look.blank is not None and not (kind == "video" and findings.changes):
        return {"image": f"a blank {look.blank} frame", "video": f"a video of a blank {look.blank} frame"}.get(
            kind, f"blank {look.blank} frames"
        )
    colours = "black and white" if look.monochrome else phrases.listed(look.colours) or "many colours"
    if kind == "video":
        return {
            True: "a scene in which something changes, but nothing can be recognised",
            False: f"a scene in {colours} in which nothing moves and nobody is recognised",
            None: f"a scene in {colours} in which nothing is recognised",
        }[findings.changes]
    return f"{'a picture' if kind == 'image' else 'pictures'} in {colours} in which nothing is recognised"


def _sentences(findings: Findings, kind: MediaKind, told: Sequence[Moment]) -> list[str]:
    clauses = _clauses(findings, kind)
    if not clauses:
        words = [_nothing(findings, kind)]
    elif kind == "video":
        words = [*clauses, *_more_acts(findings, told, " ".join(clauses))]
    else:
        words = list(clauses)
    if len(findings.texts) > 1:
        words.append(f"it also reads {_quoted(findings, 1, _TEXTS)}")
    if findings.look.blank is None and not findings.page_of_text:
        what = {"video": "video", "image": "picture"}.get(kind, "sequence of pictures")
        words.append(f"the {what} is {phrases.light(findings.look)}")
    return words


def _more_acts(findings: Findings, told: Sequence[Moment], said: str) -> list[str]:
    """The acts that the clauses have not told yet, those that last longest first, in one sentence."""
    texts = {f"text seen: “{text.text}”" for text in findings.texts}
    rest = [each for each in told if each.text not in texts and not _told(each.text, said)]
    chosen = list(dict.fromkeys(each.text for each in sorted(rest, key=lambda each: each.start - each.end)))[:_ACTS]
    return ["; ".join(chosen)] if chosen else []


def _told(text: str, said: str) -> bool:
    who_does = text.split(" ")
    verb = next((index for index, word in enumerate(who_does) if word in phrases.DOING or word == "is"), len(who_does))
    return text.endswith("is in view") or (" ".join(who_does[:verb]) in said and " ".join(who_does[verb:]) in said)


def _quoted(findings: Findings, start: int, end: int) -> str:
    return phrases.listed([f"“{phrases.shortened(text.text, _TEXT_LENGTH)}”" for text in findings.texts[start:end]])


def _objects(findings: Findings) -> tuple[str, ...]:
    words = [phrases.noun(subject.word) for subject in _said(findings)]
    words += [f"{phrases.noun(left.word)} left behind" for left in findings.left]
    return tuple(dict.fromkeys([*words, *(["text"] if findings.texts else [])]))


def _actions(findings: Findings, told: Sequence[Moment]) -> tuple[str, ...]:
    verbs = [
        phrases.DOING[word]
        for moment in told
        if not moment.text.startswith("text seen")
        for word in moment.text.split(" ")
        if word in phrases.DOING
    ]
    return tuple(dict.fromkeys([*verbs, *(["leaving an object behind"] if findings.left else [])]))

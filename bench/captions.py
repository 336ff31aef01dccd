"""Captions as a camera's would read, from a small seeded grammar, and questions written apart from its wording.

What a caption was made of is kept, so that an answer can be judged. The grammar and the questions have one author, who wrote the lexicon of
engines/retrieval too and changed a few of its forms (towards the right, after dark, down the road, drive off, walk away) after seeing
QUESTIONS answered; HELD_OUT has changed nothing. The figures compare engines on the same work and don't foretell a
field result.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

Facts = dict[str, str]

# fact -> (English, Chinese)
_SUBJECTS = {
    "person": ("a person", "一名行人"),
    "woman": ("a woman", "一名女子"),
    "man": ("a man", "一名男子"),
    "two people": ("two people", "两个人"),
    "dog": ("a dog", "一只狗"),
    "car": ("a car", "一辆汽车"),
    "truck": ("a truck", "一辆卡车"),
}
_COLOURS = {
    "red": ("red", "红色"),
    "blue": ("blue", "蓝色"),
    "green": ("green", "绿色"),
    "black": ("black", "黑色"),
    "white": ("white", "白色"),
    "yellow": ("yellow", "黄色"),
}
_CLOTHES = {"jacket": ("jacket", "外套"), "shirt": ("shirt", "衬衫"), "coat": ("long coat", "大衣")}
_ACTIONS = {
    "walk": ("walks", "步行"),
    "run": ("runs", "奔跑"),
    "stand": ("stands still", "站立不动"),
    "enter": ("enters", "进入"),
    "leave": ("leaves", "离开"),
    "carry box": ("carries a cardboard box", "抱着一个纸箱"),
    "backpack": ("puts down a backpack", "放下背包"),
    "phone": ("talks on the phone", "打电话"),
}
_DIRECTIONS = {"left": ("to the left", "向左"), "right": ("from left to right", "从左向右"), "away": ("away from the camera", "远离镜头")}
_PLACES = {
    "gate": ("at the gate", "在闸门处"),
    "corridor": ("in the corridor", "在走廊"),
    "car park": ("in the car park", "在停车场"),
    "lawn": ("on the lawn", "在草坪上"),
    "street": ("on the street", "在街道上"),
    "shop": ("in the shop", "在商店里"),
}
_TIMES = {"day": ("Daytime.", "白天。"), "night": ("Night.", "夜间。")}
_MOVING = ("walk", "run")


@dataclass(frozen=True)
class Caption:
    text: str
    facts: Facts


@dataclass(frozen=True)
class Question:
    """`wants` are the facts of a right answer, each one of several values; None: there is no right answer."""

    text: str
    wants: dict[str, tuple[str, ...]] | None


def captions(count: int, seed: int = 7) -> Iterator[Caption]:
    """Three in ten are Chinese."""
    chance = random.Random(seed)
    for _ in range(count):
        facts = _facts(chance)
        text = _chinese(facts) if chance.random() < 0.3 else _english(facts)
        yield Caption(text, facts)


def is_right(question: Question, facts: Facts) -> bool:
    return question.wants is not None and all(facts.get(name) in values for name, values in question.wants.items())


def _facts(chance: random.Random) -> Facts:
    subject = chance.choice(list(_SUBJECTS))
    facts = {"subject": subject, "colour": chance.choice(list(_COLOURS)), "time": chance.choice(list(_TIMES))}
    facts["place"] = chance.choice(list(_PLACES))
    if subject in ("car", "truck"):
        facts["action"] = chance.choice(["enter", "leave"])
    elif subject == "dog":
        facts["action"] = chance.choice([*_MOVING, "stand"])
    else:
        facts["action"] = chance.choice(list(_ACTIONS))
        facts["clothes"] = chance.choice(list(_CLOTHES))
    if facts["action"] in _MOVING:
        facts["direction"] = chance.choice(list(_DIRECTIONS))
    return facts


def _english(facts: Facts) -> str:
    subject, colour = _SUBJECTS[facts["subject"]][0], _COLOURS[facts["colour"]][0]
    clothed = "clothes" in facts
    subject = f"{subject} in a {colour} {_CLOTHES[facts['clothes']][0]}" if clothed else subject.replace("a ", f"a {colour} ")
    direction = " " + _DIRECTIONS[facts["direction"]][0] if "direction" in facts else ""
    sentence = f"{subject} {_ACTIONS[facts['action']][0]}{direction} {_PLACES[facts['place']][0]}."
    return f"{sentence[0].upper()}{sentence[1:]} {_TIMES[facts['time']][0]}"


def _chinese(facts: Facts) -> str:
    subject, colour = _SUBJECTS[facts["subject"]][1], _COLOURS[facts["colour"]][1]
    worn = f"身穿{colour}{_CLOTHES[facts['clothes']][1]}的" if "clothes" in facts else f"{colour}的"
    direction = _DIRECTIONS[facts["direction"]][1] if "direction" in facts else ""
    return f"{_TIMES[facts['time']][1]}{worn}{subject}{_PLACES[facts['place']][1]}{direction}{_ACTIONS[facts['action']][1]}。"


_PEOPLE = ("person", "man", "woman", "two people")

QUESTIONS = (
    Question(
        "someone dressed in red jogging towards the right",
        {"subject": _PEOPLE, "colour": ("red",), "action": ("run",), "direction": ("right",)},
    ),
    Question("pedestrian strolling left after dark", {"subject": _PEOPLE, "action": ("walk",), "direction": ("left",), "time": ("night",)}),
    Question("lady with a rucksack on the grass", {"subject": ("woman",), "action": ("backpack",), "place": ("lawn",)}),
    Question("guy on the phone in the hallway", {"subject": ("man",), "action": ("phone",), "place": ("corridor",)}),
    Question("white puppy running", {"subject": ("dog",), "colour": ("white",), "action": ("run",)}),
    Question(
        "black lorry arriving at the barrier", {"subject": ("truck",), "colour": ("black",), "action": ("enter",), "place": ("gate",)}
    ),
    Question(
        "blue automobile driving off, leaving the parking lot",
        {"subject": ("car",), "colour": ("blue",), "action": ("leave",), "place": ("car park",)},
    ),
    Question("delivery: somebody holding a parcel at night", {"subject": _PEOPLE, "action": ("carry box",), "time": ("night",)}),
    Question(
        "a couple walking away down the road",
        {"subject": ("two people",), "action": ("walk",), "direction": ("away",), "place": ("street",)},
    ),
    Question("motionless man in a green coat", {"subject": ("man",), "action": ("stand",), "colour": ("green",), "clothes": ("coat",)}),
    Question("who went out of the store in yellow?", {"subject": _PEOPLE, "action": ("leave",), "place": ("shop",), "colour": ("yellow",)}),
    Question("绿衣服的女士往左边走", {"subject": ("woman",), "colour": ("green",), "action": ("walk",), "direction": ("left",)}),
    Question("晚上有人拿着包裹", {"subject": _PEOPLE, "action": ("carry box",), "time": ("night",)}),
    Question("白狗在草地上跑", {"subject": ("dog",), "colour": ("white",), "action": ("run",), "place": ("lawn",)}),
    Question("货车驶离", {"subject": ("truck",), "action": ("leave",)}),
    Question("穿黑衣服的男人在过道打电话", {"subject": ("man",), "colour": ("black",), "place": ("corridor",), "action": ("phone",)}),
    Question("两个人向右跑", {"subject": ("two people",), "action": ("run",), "direction": ("right",)}),
    Question(
        "红色轿车白天进入停车场", {"subject": ("car",), "colour": ("red",), "time": ("day",), "action": ("enter",), "place": ("car park",)}
    ),
    Question("双肩包 门店 女生", {"subject": ("woman",), "action": ("backpack",), "place": ("shop",)}),
    Question("person in 黄色 walking 向左", {"subject": _PEOPLE, "colour": ("yellow",), "action": ("walk",), "direction": ("left",)}),
    # In the captions' own words, on which plain full text does well.
    Question(
        "a woman in a red jacket walks to the left in the corridor",
        {
            "subject": ("woman",),
            "colour": ("red",),
            "clothes": ("jacket",),
            "action": ("walk",),
            "direction": ("left",),
            "place": ("corridor",),
        },
    ),
    Question("a white truck enters at the gate", {"subject": ("truck",), "colour": ("white",), "action": ("enter",), "place": ("gate",)}),
    Question(
        "a man in a blue shirt runs away from the camera on the lawn",
        {"subject": ("man",), "colour": ("blue",), "clothes": ("shirt",), "action": ("run",), "direction": ("away",), "place": ("lawn",)},
    ),
    Question(
        "a black dog stands still on the street", {"subject": ("dog",), "colour": ("black",), "action": ("stand",), "place": ("street",)}
    ),
    Question("two pandas are fighting", None),
    Question("a purple elephant playing the piano", None),
    Question("someone wearing pink", None),
    Question("a helicopter landing on the roof", None),
    Question("children swimming in a pool", None),
    Question("a cat asleep on the sofa", None),
    Question("quarterly revenue spreadsheet", None),
    Question("粉色衣服的人", None),
    Question("厨房着火", None),
    Question("一群鸽子在屋顶上", None),
    Question("骑自行车的孩子", None),
    Question("咖啡机漏水", None),
)

HELD_OUT = (
    Question(
        "fellow sprinting from left to right in the hall",
        {"subject": ("man",), "action": ("run",), "direction": ("right",), "place": ("corridor",)},
    ),
    Question(
        "female in a white coat standing motionless",
        {"subject": ("woman",), "colour": ("white",), "clothes": ("coat",), "action": ("stand",)},
    ),
    Question(
        "yellow car coming in through the barrier", {"subject": ("car",), "colour": ("yellow",), "action": ("enter",), "place": ("gate",)}
    ),
    Question(
        "two individuals strolling to the left at night",
        {"subject": ("two people",), "action": ("walk",), "direction": ("left",), "time": ("night",)},
    ),
    Question("who carried a box into the shop?", {"action": ("carry box",), "place": ("shop",)}),
    Question("green dog", {"subject": ("dog",), "colour": ("green",)}),
    Question("女生在草坪上打电话", {"subject": ("woman",), "action": ("phone",), "place": ("lawn",)}),
    Question(
        "夜里离开停车场的蓝色小车",
        {"subject": ("car",), "colour": ("blue",), "action": ("leave",), "place": ("car park",), "time": ("night",)},
    ),
    Question("男子把书包放下", {"subject": ("man",), "action": ("backpack",)}),
    Question("黑色的狗站着不动", {"subject": ("dog",), "colour": ("black",), "action": ("stand",)}),
    Question("two men shaking hands", None),
    Question("horse on the street", None),
    Question("a bus in the car park", None),
    Question("有人在游泳", None),
    Question("someone with an umbrella", None),
    Question("orange truck", None),
    Question("老人坐在长椅上", None),
    Question("wedding ceremony", None),
)

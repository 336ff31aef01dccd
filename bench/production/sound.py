"""The production functions of sound: how good, how fast and how large, beside ready tools: `python -m bench.production.sound`.

All sound is rendered, with tempi, seeds and words that chose no number of the engines; spoken words are espeak-ng's where it is on PATH.
Ready tools come with the extra `rivals`.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mir_eval
import numpy as np
from pystoi import stoi
from scipy.signal import correlate, resample_poly
from scipy.stats import spearmanr

from bench.production import sound_rivals as rivals
from bench.production.meter import measured
from engines.production.sound.beats import find_beats
from engines.production.sound.choruses import find_choruses
from engines.production.sound.denoise import denoise
from engines.production.sound.mixing import mix
from engines.production.sound.quality import assess_quality
from engines.production.sound.voices import separate
from tests.unit.engines.production.sound import rhythms
from tests.unit.engines.production.sound.files import Samples, read_wav, write_wav
from tests.unit.engines.production.sound.songs import STRUCTURES, song, stems
from tests.unit.engines.production.sound.test_denoise import TEXT
from tests.unit.engines.production.sound.voices import mixed, noise, si_sdr, speech

RATE = 16_000
MISSING = "not installed"
Row = tuple[str, ...]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _table("Beats, F measure", ("", "clicks", "drum loops", "least of the loops"), _beats(place))
        _table("Choruses, frame IoU", ("", "louder choruses", "even loudness", "least"), _choruses(place))
        _table(f"Noise in speech ({_speaker()}), mean of 9", ("", "SI-SDR dB", "PESQ wb", "STOI"), _denoising(place))
        _table("Voice and accompaniment, SI-SDR gain in dB", ("", "voice", "accompaniment"), _separation(place))
        _table(
            "Quality against the true SNR, -5 to 30 dB",
            ("", "rank correlation", "score clean", "score clipped at a quarter"),
            _quality(place),
        )
        _table("Mixing: level of the first sound in dB against its own", ("", "change"), _mixing(place))
        _table(
            "Speed and memory: a song of 48 kHz in stereo; for the rivals of denoise, speech of 16 kHz in mono",
            ("", "60 s: times real time", "MB", "600 s: times real time", "MB"),
            _costs(place),
        )


def _table(title: str, head: Row, rows: list[Row]) -> None:
    print(f"\n{title}\n")
    for row in (head, tuple("---" for _ in head), *rows):
        print("| " + " | ".join(row) + " |", flush=True)


def _or_missing(row: Callable[[], Row], name: str, columns: int) -> Row:
    try:
        return row()
    except ImportError:
        return (name, *[MISSING] * columns)


def _beats(place: Path) -> list[Row]:
    clicks = [rhythms.clicks(bpm, 20, 0.31) for bpm in (66, 81, 97, 113, 139, 159, 174, 192)]
    loops = [
        rhythms.drums(name, bpm, 20, 0.13 * bar, 1000 + bpm)
        for bpm in (82, 101, 123, 146, 174)
        for bar, name in enumerate(rhythms.PATTERNS)
    ]

    def judged(name: str, find: Callable[[Path], list[float]]) -> Row:
        scores = [[_f_measure(one, find(write_wav(place / "a.wav", one.sound, rhythms.RATE))) for one in kind] for kind in (clicks, loops)]
        return name, f"{np.mean(scores[0]):.2f}", f"{np.mean(scores[1]):.2f}", f"{min(scores[1]):.2f}"

    ours = judged("ours", lambda path: list(find_beats(path, place).findings["BeatList"]))
    return [ours, _or_missing(lambda: judged("librosa", rivals.librosa_beats), "librosa", 3)]


def _f_measure(rhythm: rhythms.Rhythm, found: list[float]) -> float:
    return float(mir_eval.beat.f_measure(rhythm.beats, np.array(found))) if found else 0.0


def _choruses(place: Path) -> list[Row]:
    overlaps: dict[bool, list[float]] = {False: [], True: []}
    for even, scores in overlaps.items():
        for number, structure in enumerate(STRUCTURES):
            made = song(structure, 1100 + number, even=even)
            result = find_choruses(write_wav(place / "a.wav", made.sound, made.rate), place).findings["result"]
            scores.append(_overlap([(one["start"], one["end"]) for one in result], made.choruses))
    least = min(*overlaps[False], *overlaps[True])
    return [("ours", f"{np.mean(overlaps[False]):.2f}", f"{np.mean(overlaps[True]):.2f}", f"{least:.2f}")]


def _overlap(found: list[tuple[float, float]], truth: list[tuple[float, float]]) -> float:
    times = np.arange(0, 400, 0.1)
    one, other = (np.any([(times >= start) & (times < end) for start, end in [*spans, (-1, -1)]], axis=0) for spans in (found, truth))
    return float(np.sum(one & other) / np.sum(one | other))


def _speaker() -> str:
    return "espeak-ng" if shutil.which("espeak-ng") else "rendered voice: espeak-ng is not installed"


def _spoken(place: Path) -> Samples:
    if not shutil.which("espeak-ng"):
        return speech(15.0, RATE, seed=1200)
    subprocess.run(["espeak-ng", "-v", "en-gb", "-w", str(place / "said.wav"), TEXT], check=True)
    sound, rate = read_wav(place / "said.wav")
    said = np.pad(resample_poly(sound[0], RATE, rate), RATE // 2)
    return np.asarray(0.4 * said / np.abs(said).max())


def _denoising(place: Path) -> list[Row]:
    clean = _spoken(place)
    noisy = [mixed(clean, noise(kind, len(clean), RATE, 1210 + snr), snr) for kind in ("white", "pink", "hum") for snr in (0, 5, 10)]
    noisy = [one * min(1.0, 0.95 / float(np.abs(one).max())) for one in noisy]

    def judged(name: str, work: Callable[[Path, Path], object]) -> Row:
        cleaned = []
        for one in noisy:
            work(write_wav(place / "noisy.wav", one, RATE), place / "denoised.wav")
            cleaned.append(_aligned(read_wav(place / "denoised.wav")[0][0], clean))
        ratio = np.mean([si_sdr(one, clean) for one in cleaned])
        opinion = np.mean([_pesq(clean, one) for one in cleaned])
        understood = np.mean([stoi(clean, one, RATE) for one in cleaned])
        return name, f"{ratio:.1f}", f"{opinion:.2f}", f"{understood:.3f}"

    rows = [judged("noisy", lambda source, target: shutil.copy(source, target))]
    rows.append(judged("ours", lambda source, target: denoise(source, target.parent)))
    return rows + [_or_missing(functools.partial(judged, name, work), name, 3) for name, work in rivals.DENOISERS.items()]


def _aligned(sound: Samples, truth: Samples) -> Samples:
    """As long as the truth, and without the delay that some tools have: it counts as no error."""
    padded = np.pad(sound, (0, max(0, len(truth) - len(sound))))[: len(truth)]
    delay = int(correlate(padded, truth, method="fft").argmax()) - len(truth) + 1
    return np.roll(padded, -delay) if abs(delay) < RATE // 10 else padded


def _pesq(clean: Samples, sound: Samples) -> float:
    try:
        import pesq
    except ImportError:
        return float("nan")
    judge: Any = pesq.pesq
    return float(judge(RATE, clean, sound, "wb"))


def _separation(place: Path) -> list[Row]:
    made = [stems(seed, 20.0) for seed in (1301, 1302, 1303)]

    def judged(name: str, work: Callable[[Path], object], mono: bool) -> Row:
        gains = []
        for one in made:
            parts = [part.mean(axis=0, keepdims=True) if mono else part for part in (one.voice, one.accompaniment)]
            both = parts[0] + parts[1]
            work(write_wav(place / "song.wav", both, one.rate))
            found = [read_wav(place / f"{kind}.wav")[0][0] for kind in ("vocal", "accompaniment")]
            gains.append([si_sdr(ours, part[0]) - si_sdr(both[0], part[0]) for ours, part in zip(found, parts, strict=True)])
        voice, rest = np.mean(gains, axis=0)
        return name, f"{voice:+.1f}", f"{rest:+.1f}"

    def ready(path: Path) -> None:
        rivals.librosa_voices(path, place / "vocal.wav", place / "accompaniment.wav")

    rows = [judged(f"ours, {name}", lambda path: separate(path, place), name == "mono") for name in ("stereo", "mono")]
    name = "librosa's recipe (nearest neighbours), mono"
    return [*rows, _or_missing(lambda: judged(name, ready, True), name, 2)]


def _quality(place: Path) -> list[Row]:
    clean = speech(10.0, RATE, seed=1400)

    def assessed(sound: Samples) -> dict[str, Any]:
        return dict(assess_quality(write_wav(place / "a.wav", sound, RATE), place).findings)

    snrs = (-5, 0, 5, 10, 15, 20, 25, 30)
    rank = [
        spearmanr(snrs, [assessed(0.3 * mixed(clean, noise(kind, len(clean), RATE, 1401), snr))["snr_db"] for snr in snrs]).statistic
        for kind in ("white", "pink", "hum")
    ]
    return [("ours", f"{np.mean(rank):.2f}", f"{assessed(clean)['score']:.0f}", f"{assessed(np.clip(4 * clean, -0.5, 0.5))['score']:.0f}")]


def _mixing(place: Path) -> list[Row]:
    times = np.arange(4 * RATE) / RATE
    first = write_wav(place / "first.wav", 0.3 * np.sin(2 * np.pi * 500 * times), RATE)
    second = write_wav(place / "second.wav", 0.2 * np.sin(2 * np.pi * 900 * times), RATE)
    mix(first, place, other=second)
    rivals.amix(first, second, place / "amix.wav")

    def change(path: Path) -> str:
        sound = read_wav(path)[0][0][: 2 * RATE]
        amplitude = 2 * abs(np.mean(sound * np.exp(-2j * np.pi * 500 * times[: 2 * RATE])))
        return f"{20 * np.log10(amplitude / 0.3):+.2f}"

    return [("ours", change(place / "mixed.wav")), ("ffmpeg amix, as it comes", change(place / "amix.wav"))]


def _costs(place: Path) -> list[Row]:
    made = stems(1500, 60.0, 48_000)
    short = made.voice + made.accompaniment
    files = {60: write_wav(place / "60.wav", short, 48_000), 600: write_wav(place / "600.wav", np.tile(short, 10), 48_000)}
    mono = {seconds: write_wav(place / f"{seconds}m.wav", read_wav(path)[0][:1], 48_000) for seconds, path in files.items()}
    voice = speech(60.0, RATE, seed=1501)
    spoken = {60: write_wav(place / "spoken.wav", 0.5 * mixed(voice, noise("white", len(voice), RATE, 1502), 10), RATE)}
    del made, short, voice

    def cost(name: str, work: Callable[..., object], sources: dict[int, Path], *more: Path) -> Row:
        taken = [(seconds, measured(_quietly, work, source, *more)) for seconds, source in sources.items()]
        return name, *(text for seconds, one in taken for text in (f"{one.times_real_time(seconds):.0f}", f"{one.peak:.0f}"))

    functions = {"quality": assess_quality, "beats": find_beats, "choruses": find_choruses, "denoise": denoise, "demix, stereo": separate}
    rows = [cost(name, work, files, place) for name, work in functions.items()]
    rows += [cost("demix, mono", separate, mono, place), cost("mixing", _mixed_with_itself, files, place)]
    rows.append(cost("denoise, speech of 16 kHz in mono", denoise, spoken, place))
    rows.append(_or_missing(lambda: cost("librosa beats", rivals.librosa_beats, {60: files[60]}), "librosa beats", 4))
    for name, work in rivals.DENOISERS.items():
        rows.append(_or_missing(functools.partial(cost, name, work, spoken, place / "rival.wav"), name, 4))
    return [(*row, *[""] * (5 - len(row))) for row in rows]


def _mixed_with_itself(source: Path, folder: Path) -> None:
    mix(source, folder, other=source)


def _quietly(work: Callable[..., object], *arguments: Path) -> None:
    """What a function returns need not go back to the bench."""
    work(*arguments)


if __name__ == "__main__":
    main()

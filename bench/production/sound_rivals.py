"""Ready tools for sound, each as a function from file to file or of samples. What is not installed raises ImportError."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from tests.unit.engines.production.sound.files import Samples, read_wav, write_wav

RATE = 16_000


def librosa_beats(source: Path) -> list[float]:
    import librosa

    sound, rate = librosa.load(str(source), sr=22_050)
    _, beats = librosa.beat.beat_track(y=sound, sr=rate, units="time")
    return [float(beat) for beat in beats]


def noisereduce(source: Path, target: Path) -> None:
    import noisereduce as ready

    sound, rate = read_wav(source)
    write_wav(target, ready.reduce_noise(y=sound[0], sr=rate, stationary=True), rate)


def webrtc(source: Path, target: Path) -> None:
    """16 kHz, the strongest of its four levels, without gain control."""
    from webrtc_noise_gain import AudioProcessor

    processor = AudioProcessor(0, 4)
    sound, rate = read_wav(source)
    data = (sound[0] * 32767).astype("<i2")
    step = rate // 100
    done = [processor.Process10ms(data[start : start + step].tobytes()).audio for start in range(0, len(data) - step + 1, step)]
    write_wav(target, np.frombuffer(b"".join(done), "<i2") / 32768, rate)


def afftdn(source: Path, target: Path) -> None:
    _filtered([source], target, "afftdn")


def anlmdn(source: Path, target: Path) -> None:
    _filtered([source], target, "anlmdn")


def amix(first: Path, second: Path, target: Path) -> None:
    _filtered([first, second], target, "amix", "inputs=2")


def librosa_voices(source: Path, voice: Path, rest: Path) -> None:
    """The recipe of librosa's documentation: a nearest-neighbour filter, then soft masks."""
    import librosa

    sound, rate = librosa.load(str(source), sr=None)
    spectrum, phase = librosa.magphase(librosa.stft(sound))
    width = int(librosa.time_to_frames(2, sr=rate))
    repeated = np.minimum(spectrum, librosa.decompose.nn_filter(spectrum, aggregate=np.median, metric="cosine", width=width))
    rest_mask = librosa.util.softmask(repeated, 2 * (spectrum - repeated), power=2)
    voice_mask = librosa.util.softmask(spectrum - repeated, 10 * repeated, power=2)
    for mask, target in ((voice_mask, voice), (rest_mask, rest)):
        write_wav(target, librosa.istft(mask * spectrum * phase, length=len(sound)), rate)


DENOISERS: dict[str, Callable[[Path, Path], None]] = {
    "noisereduce, stationary": noisereduce,
    "webrtc-noise-gain": webrtc,
    "ffmpeg afftdn": afftdn,
    "ffmpeg anlmdn": anlmdn,
}


def _filtered(sources: list[Path], target: Path, name: str, options: str = "") -> None:
    """Files of one rate and layout through one filter of ffmpeg."""
    sounds = [read_wav(source) for source in sources]
    rate, layout = sounds[0][1], "mono" if len(sounds[0][0]) == 1 else "stereo"
    graph = av.filter.Graph()
    inputs = [graph.add_abuffer(sample_rate=rate, format="fltp", layout=layout) for _ in sounds]
    chosen, form, sink = graph.add(name, options or None), graph.add("aformat", "sample_fmts=fltp"), graph.add("abuffersink")
    for number, one in enumerate(inputs):
        one.link_to(chosen, 0, number)
    chosen.link_to(form)
    form.link_to(sink)
    graph.configure()
    made: list[Samples] = []
    for start in range(0, max(sound.shape[1] for sound, _ in sounds), rate):
        for one, (sound, _) in zip(inputs, sounds, strict=True):
            piece = np.ascontiguousarray(sound[:, start : start + rate], np.float32)
            if piece.shape[1]:
                frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
                frame.sample_rate, frame.pts = rate, start
                one.push(frame)
        _pull(sink, made)
    for one in inputs:
        one.push(None)
    _pull(sink, made)
    write_wav(target, np.concatenate(made, axis=1), rate)


def _pull(sink: av.filter.context.FilterContext, made: list[Samples]) -> None:
    while True:
        try:
            made.append(sink.pull().to_ndarray())
        except (av.BlockingIOError, av.EOFError):
            return
